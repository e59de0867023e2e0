"""Names that the columns of ticket exports have, in the languages of the usual systems."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from stream.tables.month_names import without_accents

Names = Mapping[str, Sequence[str]]
"""By field the headers that it has, the most certain ones first, as `plain` writes them."""

LIST_SUFFIX = re.compile(r"\s*\[(?:list|txt|text|flag|int|dec|date|dropdown|multi|tags?)\]\s*$", re.IGNORECASE)
CUSTOM_FIELD = re.compile(
    r"(?:custom field|benutzerdefiniertes feld|champ personnalisé|campo personalizado)\s*\((.+)\)", re.IGNORECASE
)
ZONE_SUFFIX = re.compile(r"\s*[\[(]?\b(?:UTC|GMT)\b[\])]?\s*$", re.IGNORECASE)
API_SUFFIX = re.compile(r"__c$|^cf_|^u_(?=[a-z])|^custom\.")


def label(header: str) -> str:
    """Return a header without what systems add to the names of their custom fields: `[list]`, `Custom field (...)`, `__c`."""
    text = LIST_SUFFIX.sub("", header.strip())
    if found := CUSTOM_FIELD.fullmatch(text):
        text = found[1]
    return API_SUFFIX.sub("", ZONE_SUFFIX.sub("", text)).strip()


def is_utc(header: str) -> bool:
    """Return whether the header says that the times of its column are in UTC: `Started at (UTC)`."""
    return ZONE_SUFFIX.search(header.strip()) is not None


def plain(header: str) -> str:
    """Return a header as it is looked up: in small letters, without accents, spaces and marks."""
    text = without_accents(unicodedata.normalize("NFKC", label(header)).lower().replace("ß", "ss"))
    # Japanese writes a polite prefix before some of the names.
    return "".join(one for one in text if one.isalnum()).removeprefix("お").removeprefix("ご")


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain(name) for name in text.split(",")))


USUAL: Names = {
    "subject": _names(
"ticket id,ticket number,ticket no,ticket nr,ticket,case number,case no,case id,issue key,request id,"
"incident number,incident id,conversation id,chat id,session id,thread id,dialog id,dialogue id,"
"tweet id,complaint id,inquiry id,enquiry id,call id,"
"interaction id,work order,key,case,reference number,reference,ref,number,no,nr,ticketnummer,fallnummer,"
"vorgangsnummer,anfrage id,anfragenummer,vorgang,auftragsnummer,numero de ticket,numero du ticket,"
"n de ticket,no de ticket,id du ticket,id ticket,id de ticket,numero del ticket,numero de caso,caso,"
"numero do ticket,numero do chamado,chamado,protocolo,チケットid,チケット番号,問い合わせ番号,受付番号,"
"工单编号,工单id,工单号,工單編號,案例编号,티켓 번호,номер заявки,numer zgloszenia,numero ticket,"
"ticket nummer,subject,id,issue id,message id,record id,row id,uuid,guid,nummer,numero,编号,番号,編號"
),
    "time": _names(
"created at,created,create date,created date,date created,creation date,creation time,created time,"
"created on,createdon,date time opened,opened at,opened,opened on,date opened,open date,opened date,"
"open time,ticket created,ticket created at,conversation started at,conversation created at,started at,"
"submitted at,submitted on,submitted,date submitted,requested,requested at,request time,request date,"
"reported at,reported on,reported,received at,received on,received,date received,date time created,"
"created datetime,created date time,creation datetime,open datetime,create time,sys created on,start time,"
"logged at,raised at,raised,posted at,sent at,date time,timestamp,datetime,time,date,erstellt am,erstellt,"
"erstellungsdatum,erstelldatum,erstellzeit,angelegt am,angelegt,eroffnet am,eroffnet,eingegangen am,eingang,"
"eingangsdatum,angefragt,datum,zeitpunkt,zeit,uhrzeit,zeitstempel,cree le,cree,date de creation,"
"date creation,ouvert le,demande le,recu le,fecha de creacion,fecha creacion,creado el,creado,"
"fecha de apertura,fecha,data de criacao,data criacao,criado em,criado,aberto em,data de abertura,data,"
"作成日時,作成日,作成,登録日時,受付日時,受信日時,起票日,日時,日付,创建时间,创建日期,创建于,创建,提交时间,"
"時間,时间,日期,建立時間,建立日期,creato il,data creazione,data di creazione,aangemaakt op,aangemaakt,생성일,"
"생성 일시,작성일,создано,создан,дата создания,дата,utworzono,data utworzenia,olusturulma tarihi"
),
    "title": _names(
"subject,title,summary,ticket subject,case subject,ticket title,short description,ticket name,case name,headline,issue,topic,"
"betreff,titel,zusammenfassung,thema,objet,sujet,titre,asunto,titulo,resumen,assunto,resumo,件名,題名,"
"タイトル,要約,主题,标题,主題,標題,摘要,oggetto,titolo,onderwerp,samenvatting,제목,тема,заголовок,temat,"
"tytul,konu"
),
    "body": _names(
"description,body,message,text,content,first message,first message body,initial message,message body,"
"message text,question text,details,detail,issue description,problem description,ticket description,"
"case description,request description,consumer complaint narrative,complaint,narrative,customer message,"
"customer comment,comment body,question,request,query,inquiry,enquiry,problem,feedback,review,review text,"
"transcript,conversation,plain body,email body,comments,comment,note,notes,preview,snippet,excerpt,"
"beschreibung,nachricht,inhalt,anfrage,mitteilung,anliegen,problembeschreibung,kommentar,"
"description du probleme,corps,contenu,demande,probleme,descripcion,mensaje,contenido,consulta,descricao,"
"mensagem,conteudo,説明,内容,本文,詳細,問い合わせ内容,メッセージ,问题描述,描述,消息,內容,详情,問題描述,"
"描述内容,descrizione,messaggio,testo,omschrijving,beschrijving,bericht,내용,설명,문의 내용,описание,"
"сообщение,текст,opis,tresc,wiadomosc,aciklama"
),
    "requester": _names(
"requester id,requester,customer id,customer,user id,user,contact id,contact,client id,client,reporter id,"
"reporter,author id,author,submitter id,caller,caller id,opened by,member id,buyer id,player id,account id,"
"requester email,customer email,contact email,email,e mail,email address,from,sender,submitter,"
"supplied email,web email,kunde,kundennummer,kunden id,anforderer,anforderer id,anfragender,anfragesteller,"
"melder,absender,benutzer,demandeur,id du demandeur,client id,solicitante,id del solicitante,cliente,依頼者,"
"リクエスタ,リクエスタid,顧客,顧客id,ユーザーid,请求者,请求者id,客户,客户id,用户,用户id,richiedente,"
"aanvrager,요청자,고객,заявитель,клиент,zglaszajacy,created by"
),
    "channel": _names(
"channel,via,via channel,contact channel,case origin,origin,source,contact method,contact type,ticket source,"
"ticket channel,submitted via,mode,inquiry channel,kanal,eingangskanal,quelle,canal,origen,origem,チャネル,"
"チャンネル,渠道,来源,來源,canale,kanaal,채널,канал,источник"
),
    "priority": _names(
"priority,urgency,severity,ticket priority,prioritat,dringlichkeit,priorite,urgence,prioridad,prioridade,"
"優先度,优先级,優先級,priorita,prioriteit,우선순위,приоритет,priorytet"
),
    "team": _names(
"group,team,assigned group,assignment group,team assigned,queue,department,support group,gruppe,"
"zustandige gruppe,abteilung,groupe,equipe,grupo,equipo,グループ,チーム,组,群組,gruppo,groep,그룹,группа,"
"grupa"
),
    "tags": _names(
"tags,labels,label,tag,ticket tags,conversation tags,keywords,schlagworter,stichworter,schlagwort,etiquettes,"
"etiquetas,marcadores,タグ,ラベル,标签,標籤,etichette,태그,метки,теги,etykiety"
),
    "csat": _names(
"csat,csat score,satisfaction,satisfaction score,satisfaction rating,satisfaction survey score,customer satisfaction,"
"customer satisfaction rating,rating,survey rating,survey results,survey result,conversation rating,"
"customer rating,score,stars,zufriedenheit,kundenzufriedenheit,bewertung,evaluation,satisfaccion,satisfacao,"
"calificacion,満足度,満足度スコア,评分,满意度,滿意度"
),
    "escalated": _names("escalated,is escalated,escalation,was escalated,eskaliert,escalade,escalado,エスカレーション"),
    "language": _names("language,locale,lang,ticket language,sprache,langue,idioma,言語,语言,lingua,taal,언어,язык,jezyk"),
    "region": _names("region,country,market,country code,land,pays,pais,regiao,地域,国,国家,地区,paese,국가,страна,kraj"),
    "product": _names("product,product name,produkt,produit,producto,produto,製品,产品,prodotto,제품,продукт"),
    "platform": _names("platform,os,operating system,device os,device platform,plattform,betriebssystem,plateforme,plataforma,平台"),
    "app_version": _names("app version,version,client version,application version,appversion,software version,バージョン,版本"),
    "payment_method": _names(
"payment method,payment,payment type,paid with,zahlungsart,zahlungsmethode,zahlungsmittel,moyen de paiement,"
"mode de paiement,metodo de pago,forma de pagamento,metodo de pagamento,支払方法,支払い方法,支付方式,付款方式"
),
    "business_line": _names("business line,line of business,business unit,brand,geschaftsbereich,marke,marque,marca,ブランド,品牌"),
    "user_type": _names("user type,customer type,account type,customer segment,segment,plan,tier,kundentyp"),
    "vendor": _names("vendor,supplier,bpo"),
    "handled_by": _names("handled by,resolved by type,handler type"),
    "author_role": _names(
"author role,author type,message author type,sender type,from customer,inbound,is inbound,outbound,"
"is outbound,is agent,from agent,is staff,role,sender role,speaker role,user role,message role,sender,speaker,author,from,sent by,"
"message from,written by,participant,participant type,actor,actor type,who,nick,absender,expediteur,remitente,remetente"
),
    "status": _names(
"status,state,ticket status,case status,ticket state,current conversation state,conversation state,statut,"
"estado,etat,ステータス,状态,狀態,stato,상태,статус"
),
    "direction": _names("direction,message direction,ticket direction,call direction,inbound or outbound"),
    "updated_at": _names(
"updated at,updated,last updated,last update time,last modified,last modified date,modified,updated time,"
"date updated,aktualisiert am,aktualisiert,zuletzt aktualisiert,mis a jour le,mis a jour,actualizado,"
"atualizado em,更新日時,更新日,更新时间,ultima actualizacion"
),
    "solved_at": _names(
"solved at,solved,resolved at,resolved,resolved time,resolved date,date resolved,resolution date,closed at,"
"closed time,closed date,date time closed,date closed,closed,conversation closed at,completed at,close date,"
"closed datetime,close time,resolved datetime,gelost am,gelost,erledigt,erledigt am,geschlossen am,"
"geschlossen,resolu le,resolu,ferme le,resuelto,cerrado,resolvido em,fechado em,解決日時,完了日時,解决时间,"
"关闭时间"
),
}  # fmt: skip
"""Names of columns in English, German, French, Spanish, Portuguese, Japanese, Chinese, and some of other languages."""

PEOPLE = frozenset(
    _names(
        "requester name,requester email,requester phone,requester domain,customer name,customer email,customer phone,"
        "contact name,contact email,contact phone,full name,name,first name,last name,surname,email,e mail,"
        "email address,phone,phone number,work phone,mobile phone,mobile,telephone,telefon,telefonnummer,handy,fax,"
        "address,street,twitter id,facebook id,submitter,submitter name,assignee,assignee name,assignee email,"
        "assignee id,agent,agent name,owner,case owner,owner name,teammate assigned,creator,reporter,reporter name,"
        "watchers,cc,ccs,email ccs,bcc,collaborators,attachment,attachments,supplied name,supplied email,"
        "supplied phone,web name,web email,web phone,message author name,message author email,ip,ip address,"
        "mitarbeiter,bearbeiter,zustandig,nom,prenom,correo,correo electronico,nombre,nome,agente,telefono,telefone,"
        "courriel,担当者,氏名,电话,姓名,邮箱,メールアドレス,電話番号,assigned to,assigned agent,closed by,"
        "resolved by,last modified by,created by,account name,company name,organization name,to,recipient"
    )
)
"""Columns about people: used for the requester, who is hashed, or not kept at all."""

CLOCKS = frozenset(
    _names(
        "time,uhrzeit,zeit,clock time,time of day,created time,creation time,open time,opened time,erstellzeit,heure,"
        "hora,時刻,時間,时间,ora,tijd,시간,время,godzina,saat"
    )
)
"""Columns of the time of day, next to one of the date."""

CREATION = re.compile(
    r"creat|open|submit|receiv|report|request|rais|logged|erstell|eingang|cree|creac|criad|作成|受付|创建|提交"
)
NOT_CREATION = re.compile(
    r"clos|updat|modif|resol|solv|respon|reply|due|purchas|first|last|assign|geschl|gelost|aktual"
)
"""Parts of the names of times: of the creation of a ticket, and of what happens later."""

PERSON = re.compile(
    r".*(?:user|customer|requester|contact|agent|assignee|owner|author|creator|reporter|submitter|teammate|watchers?|member|client|sender"
    r"|caller|employee|operator|admin|supplied|person)(?:full|first|last|user|external|display)?(?:name|email|mail|phone|mobile|user|ids?)"
    r"|teammate.*|.*assigned(?:to|agent|user)?"
)
"""Headers about people that have no fixed name, as `plain` writes them."""

TICKETS = frozenset(
    _names(
        "ticket,case,issue,fields,data,attributes,conversation,request,record,item,payload,detail,result,_source,node"
    )
)
"""Objects in JSON whose keys are the ticket's own."""

ROLES = {
    **dict.fromkeys(_names("inbound,is inbound,from customer"), ("requester", "agent")),
    **dict.fromkeys(_names("outbound,is outbound,is agent,from agent,is staff"), ("agent", "requester")),
}
"""Columns of yes and no that say who wrote: the role of a yes and that of a no."""


def field_columns(names: Names, header: Sequence[str]) -> Iterable[tuple[str, str, int]]:
    """Yield each column with each field that has a name like it, and the place of that name in the field's list.

    The key of an object in JSON is known by its own name where the object is the ticket: `fields.summary`.
    """
    for column in header:
        parent, _, own = column.rpartition(".")
        wanted = plain(own if parent and plain(parent.rpartition(".")[2]) in TICKETS else column)
        if not any(wanted in known for known in names.values()):
            wanted = unprefixed(wanted)
        for field, known in names.items():
            if wanted in known:
                yield column, field, known.index(wanted)


def unprefixed(name: str) -> str:
    """Return a name without the word for a ticket around it: `Ticket subject`, `Priority (Ticket)`."""
    for word in ("ticket", "case", "issue", "conversation", "incident"):
        rest = name.removeprefix(word) if name.startswith(word) else name.removesuffix(word)
        if rest != name and len(rest) > 1:
            return rest
    return name
