"""Phrases that machines, mail systems and senders of spam write, in the most common languages of support.

Each table holds alternatives of regular expressions over text that was folded by `models.demand.sentences.fold`: lower case,
straight apostrophes, single spaces. They are searched in one sentence, titles apart.
"""

# ruff: noqa: RUF001 (the characters of other scripts are intended)

from __future__ import annotations

import re
from collections.abc import Sequence


def _any(parts: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(parts))


ABSENCE = _any(
    (
        r"\b(?:i am|i'm|i will be|i'll be|we are|we're|currently|is) .{0,40}?(?:out of (?:the |my )?office|on (?:annual |maternity |paternity |parental |sick |medical |business |extended )?(?:leave|travel|vacation|holidays?)\b|away from (?:my |the )?(?:desk|office|e-?mails?|keyboard)|not in the office|out of town|travell?ing|away (?:until|till|from|on|this|all)\b|off (?:until|till|sick)|unavailable until)",
        r"^(?:out of (?:the )?office|away|on (?:leave|vacation|holiday)) (?:until|till|from|through)\b",
        r"\bi (?:will|'ll) not be (?:reading|checking|able to (?:read|check)) (?:my )?(?:e-?mails?|mail|messages)",
        r"\b(?:nicht (?:im (?:büro|hause?)|am (?:arbeits)?platz|erreichbar)|im urlaub|außer haus|abwesend|in elternzeit|auf (?:dienst|geschäfts)reise)\b",
        r"\b(?:je suis|je serai|nous sommes|actuellement) .{0,40}?(?:absente?s?|en congés?|en vacances|en déplacement|hors du bureau)",
        r"\bje suis absente?\b|\babsente?s? du bureau\b",
        r"\b(?:estoy|estaré|me encuentro|estamos|estarei|estou|encontro-me|estaremos) .{0,40}?(?:fuera de la oficina|de vacaciones|ausente|de permiso|de baja|de viaje|fora do escritório|de férias|de licença|em viagem)",
        r"\b(?:fuera de (?:la )?oficina|fora do escritório) (?:hasta|del?|até)\b",
        r"\b(?:sono|sarò|siamo|saremo) .{0,40}?(?:fuori (?:ufficio|sede)|assent[ei]|in ferie|in congedo|in trasferta)",
        r"\b(?:ik ben|ben ik|wij zijn) .{0,40}?(?:afwezig|niet (?:aanwezig|op kantoor|bereikbaar)|(?:met|op) (?:vakantie|verlof)|vrij tot)",
        r"(?:нахожусь|буду|сейчас я|я сейчас|в настоящее время|меня (?:не будет|нет)).{0,40}(?:в отпуске|вне офиса|в командировке|отсутств|на больничном|в офисе|на месте)",
        r"\bотсутствую\b",
        r"(?:我|本人|目前|现在|現在|正在).{0,20}(?:休假|外出|出差|度假|请假|請假|不在(?:办公室|辦公室|公司))|不在办公室|不在辦公室",
        r"(?:休暇|不在|出張|外出|夏季休業)(?:中|を|に|と|のため|いた|しており)",
        r"(?:부재\s?중|휴가\s?중|출장\s?중|휴가로)",
        r"\b(?:przebywam|jestem|będę) .{0,30}?(?:na urlopie|poza biurem|nieobecn)",
        r"\b(?:ofis dışında(?:yım)?|izinde(?:yim)?|izinliyim|tatildeyim)\b",
        r"\b(?:är|inte) .{0,20}?(?:på kontoret|på semester|tjänstledig)|\b(?:er på ferie|ikke på kontoret)\b",
    )
)
"""Somebody says that they are away."""

REDIRECT = _any(
    (
        r"\b(?:limited|no|intermittent|restricted|little|only occasional|infrequent) access to (?:my |the )?(?:e-?mails?|mail|inbox|messages)",
        r"\bfor (?:all |any |very )?(?:urgent|immediate|pressing) (?:matters?|requests?|issues?|enquir|inquir|questions?|help|assistance|cases?|support|needs?)",
        r"\b(?:if|in case|should) .{0,60}?(?:urgent|emergency|immediate(?:ly)?|cannot wait|can't wait)\b",
        r"\b(?:contact|write to|call|reach|e-?mail|ring|turn to|speak to|get in touch with) .{0,60}?(?:colleagues?|team mailbox|our office|front desk|switchboard|in my absence|instead|my (?:deputy|assistant|manager|team|backup))\b",
        r"\b(?:will|'ll) (?:reply|respond|answer|get back|read|attend to|process|deal|review|return your).{0,60}?(?:return|back|as soon as|when i|upon|on my|after|first thing)",
        r"\b(?:will|'ll) (?:be back|return|be returning|resume|be in)(?: to)?(?: (?:the|my))?(?: (?:office|work|desk))? ?(?:on|by|from|at|in|after|\d)",
        r"\b(?:back|return(?:ing)?)(?: (?:in|to|at) the office)? (?:on|by|from) (?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|\d)",
        r"\b(?:in|during) my absence\b|\byour (?:e-?mail|message|mail) (?:will|is) (?:not )?(?:be )?(?:being )?(?:forwarded|read|answered|redirected)",
        r"\b(?:during|until) (?:this time|then|my return|my leave)\b",
        r"\b(?:in dringenden fällen|bei dringenden|in dringenden angelegenheiten|während meiner abwesenheit|ihre (?:e-?mail|nachricht) wird (?:nicht|an|automatisch)|wenden sie sich (?:bitte )?an (?:meine|unsere?|herrn|frau)|nach meiner rückkehr|ab dem .{1,20}wieder|bin (?:ich )?(?:ab|am) .{1,30}wieder|eingeschränkten? zugriff)",
        r"(?:en cas d'urgence|pour toute (?:urgence|demande urgente|question urgente)|pendant mon absence|durant mon absence|à mon retour|dès mon retour|de retour le|serai de retour|accès limité à)",
        r"(?:en caso de urgencia|para (?:asuntos|temas|cuestiones|casos) urgentes|durante mi ausencia|a mi regreso|a mi vuelta|de vuelta el|regresaré|volveré el|acceso limitado a|responderé (?:a|en|cuando|su|tu))",
        r"(?:em caso de urgência|para (?:assuntos|questões|casos) urgentes|durante (?:a )?minha ausência|no meu regresso|quando regressar|de volta (?:em|no|a)|retornarei|acesso limitado (?:a|ao)|responderei)",
        r"(?:in caso di urgenza|per (?:urgenze|questioni urgenti|comunicazioni urgenti)|durante la mia assenza|al mio rientro|rientrerò|tornerò|accesso limitato|risponderò)",
        r"(?:voor dringende|in dringende gevallen|bij dringende|tijdens mijn afwezigheid|bij mijn terugkeer|na mijn terugkeer|weer (?:aanwezig|bereikbaar)|neem (?:dan )?contact op met (?:mijn|onze|een) collega|beperkte? toegang)",
        r"(?:по срочным вопросам|в срочных случаях|в случае срочн|на время моего отсутствия|после возвращения|вернусь|обращайтесь к|отвечу (?:вам )?(?:после|по возвращении|как только))",
        r"(?:紧急|緊急|如有急事|急事|回来后|回來後|返回后|回复您|回覆您|尽快回复|盡快回覆|收到您的(?:邮件|来信))",
        r"(?:お急ぎ|緊急|至急|戻り次第|復帰後|休暇明け|代わりに|折り返し|ご連絡(?:いた|させて|します)|返信(?:いた|させて|が遅))",
        r"(?:급한|긴급|복귀 후|돌아와서)",
        r"(?:w pilnych sprawach|podczas mojej nieobecności|po powrocie|acil (?:durumlarda|konular)|döndüğümde|vid brådskande|när jag är tillbaka|ved hastesager)",
    )
)
"""Who to turn to meanwhile, and when the mail will be read."""

ACKNOWLEDGED = _any(
    (
        r"\bwe (?:have |'ve |just |now )*(?:received|registered|logged|got|opened|created) (?:your|a (?:new )?(?:ticket|case|request)|an? )",
        r"\byour (?:[\w-]+ ){0,3}?(?:message|request|e-?mail|enquiry|inquiry|ticket|case|query|submission|question|report|feedback|application)s?(?: with)?(?: (?:number|no\.?|id|ref(?:erence)?)?\W{0,3}[\w-]*\d[\w-]*\W?)? ?(?:has|have|was|is|were)(?: now| been| successfully| already)* (?:received|registered|created|logged|opened|assigned|recorded|raised|submitted|forwarded|added|queued|closed|resolved|updated)",
        r"\b(?:case|ticket|request|incident|enquiry) ?(?:number|no\.?|id|ref(?:erence)?)?\W{0,3}[\w-]*\d[\w-]*\W? (?:has|was|is)(?: now| been| successfully)* (?:received|registered|created|logged|opened|assigned|recorded|raised|resolved|closed|updated)",
        r"\bthis (?:notice|e-?mail|mail|message) (?:confirms|is to confirm|acknowledges|serves)",
        r"\byour (?:new )?(?:ticket|case|reference|request|tracking) (?:number|id|no\.?|reference)\b",
        r"\b(?:ticket|case|reference|request) (?:number|id|no\.?)\W{0,2}(?:is|:)",
        r"\b(?:a|one|another) (?:member|of (?:our|the)|representative|specialist|agent|colleague).{0,60}?\bwill (?:be in touch|contact|get|review|respond|reply|assist|look|answer)",
        r"\b(?:we|our (?:[\w-]+ ){0,3}(?:team|agents?|staff|department|office|desk)) (?:will|aim to|try to|endeavou?r to|shall|usually|typically) (?:get back|respond|reply|be in touch|answer|review|contact|process|look into)",
        r"\b(?:we )?(?:usually|typically|normally) (?:reply|respond|answer) (?:within|in)\b|\b(?:response|reply) times? (?:is|are|may)\b",
        r"\b(?:ihre (?:anfrage|nachricht|e-?mail|meldung|mitteilung)|ihr (?:ticket|anliegen|vorgang|fall)).{0,60}?(?:eingegangen|erhalten|erfasst|angelegt|erstellt|registriert|aufgenommen|weitergeleitet|in bearbeitung|bearbeitet)",
        r"\bwir haben ihre? .{0,40}?(?:erhalten|registriert|erfasst)|\bwir (?:melden uns|werden (?:uns|ihre? .{0,30}bearbeiten)|kümmern uns|antworten ihnen)|\b(?:ihre )?(?:ticket|vorgangs|fall|bearbeitungs)-?nummer (?:lautet|ist|:)",
        r"\b(?:nous avons bien reçu|votre (?:demande|message|e-?mail|courriel|ticket|requête).{0,40}?(?:a (?:bien )?été|est) (?:reçue?|enregistrée?|prise? en compte|créée?|transmise?)|bien reçu votre|nous vous répondrons|nous reviendrons vers vous|votre numéro de (?:ticket|demande|dossier)|un (?:conseiller|agent) vous)",
        r"\b(?:hemos recibido (?:su|tu)|(?:su|tu) (?:solicitud|mensaje|correo|consulta|ticket|caso).{0,40}?(?:ha sido|fue|se ha) (?:recibid|registrad|cread|asignad)[oa]?|(?:su|tu) número de (?:ticket|caso|solicitud)|le responderemos|nos pondremos en contacto|un agente (?:le|se))",
        r"\b(?:recebemos (?:a sua|o seu|sua|seu)|(?:a sua|o seu|sua|seu) (?:solicitação|mensagem|e-?mail|pedido|chamado|ticket|contato).{0,40}?(?:foi|está) (?:recebid|registrad|abert|criad|encaminhad)[oa]|(?:o )?número (?:do seu|de) (?:chamado|protocolo|ticket)|entraremos em contato|responderemos)",
        r"\b(?:abbiamo ricevuto (?:la tua|la sua|il tuo|il suo|la vostra)|(?:la tua|la sua|la vostra|il tuo|il suo) (?:richiesta|messaggio|e-?mail|segnalazione|ticket).{0,40}?(?:è stat[oa]|è) (?:ricevut|registrat|creat|pres)[oa]|(?:il )?numero (?:del|di) (?:ticket|pratica)|ti risponderemo|le risponderemo|verrà ricontattat)",
        r"\b(?:(?:wij|we) hebben (?:uw|je) .{0,30}?ontvangen|(?:uw|je) (?:bericht|aanvraag|verzoek|e-?mail|melding|ticket|vraag).{0,40}?(?:is|werd) (?:ontvangen|geregistreerd|aangemaakt|in behandeling)|(?:uw|je) (?:ticket|zaak|referentie)nummer|wij nemen (?:zo|contact)|een medewerker)",
        r"(?:(?:мы получили|нами получено) ваш|ваш(?:е|а|ему)? (?:заявк|обращени|запрос|сообщени|письм|тикет).{0,50}(?:зарегистрирован|получен|принят|создан|присвоен)|номер (?:вашего )?(?:обращения|заявки|тикета)|мы (?:ответим|свяжемся))",
        r"(?:我们(?:已经?|已成功)?收到(?:了)?(?:您|你)的|您的(?:请求|邮件|工单|咨询|问题|来信|留言).{0,20}(?:已(?:经)?(?:收到|创建|提交|受理|登记|记录))|工单(?:编)?号|我们(?:将|会)(?:尽快|在)|我們(?:已經?)?收到|客服人员将)",
        r"(?:お問い合わせ(?:を|いただき|ありがとう|の受付|番号)|受け付けました|受付(?:いたしました|完了|番号)|受信(?:いた)?しました|担当者より|順次(?:ご)?(?:回答|返信|対応))",
        r"(?:문의(?:가|해 주셔서|를) .{0,15}(?:접수|감사)|접수되었습니다|otrzymaliśmy (?:twoje|państwa)|zgłoszenie .{0,30}(?:zarejestrowane|przyjęte|utworzone)|talebiniz .{0,30}(?:alın|oluştur)|mesajınız .{0,20}alın|vi har (?:mottagit|modtaget|mottatt) (?:ditt|din|dit|deres))",
    )
)
"""Another system says that it took note of a message."""

NO_ANSWER = _any(
    (
        r"\b(?:please )?(?:do not|don't|dont|kindly do not) (?:reply|respond|answer)(?: directly)? (?:to|on) (?:this|the)\b",
        r"\bdo not reply\b(?! to (?:me|us))",
        r"\bthis (?:is an|is a system|e-?mail (?:was|is)|message (?:was|is)|mail (?:was|is)|reply (?:was|is)|notification (?:was|is)).{0,30}?(?:automat|auto-?(?:generated|reply|response|matic)|generated)",
        r"\b(?:automated|automatic|auto-?generated|system-?generated) (?:message|e-?mail|mail|response|reply|notification|notice|acknowledge?ment)\b",
        r"\b(?:write |type |enter )?(?:your )?repl(?:y|ies)(?: must be)?(?: typed| written)? above this line\b|\babove this line to (?:reply|add)",
        r"\b(?:this|the) (?:mailbox|inbox|address|e-?mail address|account) (?:is|are) (?:not|un)\W?(?:monitored|read|attended|checked)|\b(?:un|not )monitored (?:mailbox|inbox|address)",
        r"\brepl(?:y|ies) to this (?:address|message|e-?mail|mail) (?:are|is|will|cannot|can)",
        r"\bsent from (?:a|an) (?:notification-only|unattended|unmonitored|no-?reply) (?:address|mailbox)",
        r"(?:antworten sie (?:bitte )?nicht|nicht auf diese (?:e-?mail|nachricht|mail)|automatisch (?:generiert|erstellt|erzeugt|versendet|versandt)|automatisierte (?:nachricht|e-?mail|antwort|mail))",
        r"(?:(?:ne pas|merci de ne pas|veuillez ne pas) répondre|message (?:automatique|généré automatiquement)|e-?mail automatique|réponse automatique)",
        r"(?:no responda|no conteste|no respondas|por favor,? no responder|mensaje (?:automático|generado)|correo (?:automático|generado)|respuesta automática)",
        r"(?:não responda|favor não responder|mensagem automática|e-?mail automático|resposta automática|gerad[oa] automaticamente)",
        r"(?:non rispondere|si prega di non rispondere|messaggio automatico|e-?mail automatica|risposta automatica|generat[oa] automaticamente)",
        r"(?:niet (?:te )?(?:beantwoorden|antwoorden|reageren)|automatisch(?:e)? (?:gegenereerd|bericht|antwoord|verzonden|reactie))",
        r"(?:не отвечайте на|просьба не отвечать|автоматическ(?:ое|ий|и) (?:сообщени|ответ|уведомлени|сформирован|отправлен|создан|письмо))",
        r"(?:请勿(?:直接)?回复|請勿(?:直接)?回覆|自动(?:发送|回复|生成|答复)|自動(?:發送|回覆|回復)|系统自动)",
        r"(?:返信(?:しない|不可|いただ(?:いても|けません))|自動(?:的に|送信|返信|配信|応答)|送信専用)",
        r"(?:발신 ?전용|자동(?:으로)? ?(?:발송|회신|응답)|회신하지|nie odpowiad|wiadomość (?:została )?(?:wygenerowan|automatyczn)|otomatik (?:olarak|yanıt|mesaj)|yanıtlamayın|automatiskt? (?:meddelande|svar)|svara inte på)",
    )
)
"""Nobody reads answers to it, or a machine wrote it."""

THANKS = _any(
    (
        r"\b(?:thank you|thanks|many thanks)(?: (?:very|so) much)? for (?:your |the |this )?(?:e-?mail|mail|message|inquiry|enquiry|note|interest|request|patience|contacting|writing|reaching out|getting in touch|submission|understanding|feedback)",
        r"\b(?:vielen dank|danke|besten dank|herzlichen dank) für (?:ihre?n?|deine?|die) (?:e-?mail|nachricht|anfrage|mail|mitteilung|verständnis|geduld|interesse)",
        r"\bmerci (?:de|pour) (?:votre|nous avoir|ton) ?(?:e-?mail|message|courriel|demande|contacté|écrit|compréhension|patience)?",
        r"\bgracias por (?:su|tu|el|contactar|escribir|comunicar|ponerse)|\b(?:obrigad[oa]|agradecemos) (?:pelo|por|a|o) ?(?:seu|sua|contato|contactar|e-?mail|mensagem|entrar)",
        r"\bgrazie per (?:il|la|averci|aver|l')|\b(?:bedankt|dank) (?:voor|u) (?:uw|je|voor)",
        r"(?:спасибо за (?:ваш|обращени|письмо)|благодарим (?:вас )?за|感谢您的|謝謝您的|感謝您的|谢谢您的|メールを(?:いただき|ありがとう)|ありがとうございます|감사합니다|dziękuję za|dziękujemy za|teşekkür ederiz|tack för ditt)",
    )
)
"""Thanks for a message: written by machines and by people, so that it proves nothing alone."""

BOUNCED = (
    r"this is the mail system at|\bmail system at host\b|\bmail delivery (?:sub)?system\b|\bmailer-daemon\b|\bpostmaster\b",
    r"\b(?:could|can|was|has|is|were|did)(?: not|n't)(?: be| been)?(?: able to)? deliver(?:ed)?\b|\bunable to deliver\b|\bcannot be delivered\b|\bcannot deliver\b|\bundeliverable\b|\bundelivered\b|\bdelivery (?:to the following|has failed|failed|failure|has been delayed|attempt|of (?:this|the|your) (?:message|mail))",
    r"\bpermanent(?: fatal)? (?:error|failure)|\bfatal errors?\b|\btransient (?:error|failure)|\bnon-?delivery report\b|\bfailure notice\b",
    r"\b(?:user|recipient|mailbox|address|account|inbox|domain)s?(?: address| name)?(?: is| was| could not be| couldn't be)? ?(?:unknown|rejected|not found|unavailable|disabled|full|over quota|does(?: not|n't) exist|invalid|found,? or is unable to receive)|\bno such (?:user|recipient|mailbox|domain)|\b(?:quota|storage) exceeded|\bunrouteable address|\baddress not found",
    r"\b5\d\d[ -]#?5\.\d{1,3}\.\d{1,3}\b|\b[45]\.[0-7]\.\d{1,3}\b|\bsmtp (?:error|;|code|server|transaction)|\bremote (?:server|host|mta) (?:returned|replied|said)|\b55[0-4] ",
    r"\b(?:diagnostic-code|final-recipient|original-recipient|reporting-mta|remote-mta|action: ?failed|status: ?[45]\.\d|arrival-date)\b",
    r"\bi'm (?:sorry to have to inform you|afraid i wasn't able)|\bi've given up\b|\bthis is a permanent error\b|\b(?:below|attached|included) (?:is|are) (?:a copy of )?(?:the|your) (?:original )?(?:message|headers)|\b(?:message|mail) (?:you sent|that you sent)|\byour message to\b|\breturning message to sender\b|\bfollowing (?:recipients?|address(?:es)?)\b",
    r"\b(?:nachricht|e-?mail|mail).{0,60}?(?:nicht (?:zugestellt|übermittelt|ausgeliefert)|unzustellbar)|\b(?:fehler bei der zustellung|zustellung .{0,40}fehlgeschlagen|unzustellbar|empfänger (?:unbekannt|nicht gefunden)|postfach (?:voll|nicht))",
    r"\b(?:message|courriel|e-?mail).{0,60}?(?:n'a pas (?:pu être|été) (?:remis|distribué|livré|délivré)|non (?:remis|distribué|délivré))|\b(?:échec de (?:la )?(?:remise|distribution)|destinataire (?:inconnu|introuvable)|adresse introuvable|boîte (?:aux lettres )?(?:pleine|de réception pleine))",
    r"\b(?:mensaje|correo|mensagem|e-?mail).{0,60}?(?:no (?:se )?(?:ha )?(?:podido|pudo|puede) (?:ser )?(?:entrega|envia)|no (?:fue|ha sido) entregad|não (?:pôde|pode|foi) (?:ser )?entregue|não foi possível entregar)|\b(?:no se (?:ha podido|pudo|puede) entregar (?:el|su|tu) (?:mensaje|correo)|error (?:en la|de) entrega del? (?:mensaje|correo)|destinatario (?:desconocido|no encontrado)|destinatário (?:desconhecido|não encontrado)|caixa (?:de correio|postal) cheia|buzón lleno)",
    r"\b(?:messaggio|e-?mail|posta).{0,60}?(?:non (?:è stato|può essere|ha potuto essere) (?:consegnat|recapitat)|non recapitabil)|\b(?:impossibile (?:recapitare|consegnare)|destinatario sconosciuto|casella (?:di posta )?piena|indirizzo (?:non trovato|inesistente))",
    r"\b(?:bericht|e-?mail|mail).{0,60}?(?:niet (?:worden |kunnen |kon )*(?:bezorgd|afgeleverd)|onbestelbaar)|\b(?:onbestelbaar|ontvanger onbekend|adres niet gevonden|postvak (?:is )?vol)",
    r"(?:(?:сообщени|письм).{0,60}не (?:было |может быть |удалось )?доставл|не удалось доставить|не доставлено|недоставлен|адрес(?:ат)? не (?:найден|существует)|почтовый ящик (?:переполнен|не существует))",
    r"(?:邮件|郵件|信件).{0,30}(?:无法|無法|未能|不能|被)(?:投递|送达|投遞|送達|退回|发送)|退信|收件人.{0,10}(?:不存在|未知)|(?:邮箱|信箱)(?:已满|不存在)",
    r"(?:メール|メッセージ).{0,30}(?:配信|送信|配送|配達)(?:でき|され(?:ません|なかった)|不能|に失敗)|(?:宛先|受信者|アドレス).{0,15}(?:見つか|存在し)|メールボックスが",
    r"(?:배달(?:되지|할 수 없)|반송된|nie (?:została|mogła zostać|można) dostarcz|iletilemedi|teslim edilemedi|kunde inte levereras|kunne ikke leveres)",
)
"""Mail systems about a mail that did not arrive; the number of different ones counts, so that they are not joined."""

OUTBOUND = _any(
    (
        r"\bno (?:further )?action (?:is |from you is |on your part is )?(?:needed|required|necessary)|\byou (?:do not|don't) need to (?:do|take) any",
        r"\bwe (?:are|'re) (?:writing|reaching out|contacting you|getting in touch|pleased|happy|excited|delighted) (?:to|because|about)|\bwe(?: would|'d) like to (?:let you know|inform|remind|invite|tell)",
        r"\bthis is (?:to (?:inform|let|remind|notify)|a (?:friendly |courtesy )?(?:reminder|notice|notification))",
        r"\bdear (?:valued )?(?:customer|user|client|member|subscriber|partner|seller|merchant|creator)\b|\b(?:hi|hello|dear) customer\b",
        r"\byour (?:[\w-]+ ){0,2}(?:payout|order|invoice|statement|subscription|shipment|verification code|receipt|password|account|appointment|package)\b.{0,40}? (?:is ready|is available|is now|was delayed|will arrive|has (?:been )?shipped|has been (?:shipped|approved|processed|sent|issued|activated|renewed)|will be (?:processed|renewed|charged|sent|delivered)|is attached)",
        r"\b(?:wir möchten sie (?:informieren|darauf hinweisen)|hiermit (?:informieren|teilen) wir|sie müssen nichts (?:tun|weiter)|sehr geehrte(?:r)? kund|liebe(?:r)? kund)",
        r"\b(?:nous vous informons|nous souhaitons vous informer|aucune action n'est|cher client|chère cliente|le informamos|les informamos|queremos informarle|no es necesario que (?:haga|realice)|estimado cliente|informamos que|caro cliente|prezado cliente|gentile cliente|la informiamo|wij informeren u|beste klant|уважаемый (?:клиент|пользователь)|сообщаем вам|尊敬的(?:客户|用户|顾客)|お客様各位|平素(?:は|より))",
    )
)
"""A company writes to its customers."""

NEWSLETTER = _any(
    (
        r"\bunsubscribe (?:here|from (?:this|these|our|all|future)|at any time|link|instantly|\||with)|\bto unsubscribe\b|\bclick (?:here )?to unsubscribe|\bunsubscribe\W*$",
        r"\bview (?:this (?:e-?mail|message|newsletter) |it )?(?:in|online|on) (?:your |a |the )?(?:web )?(?:browser|web|online)?|\b(?:web|online) version\b|\bread (?:it |this )?online\b",
        r"\byou(?: are|'re)? (?:receiv(?:ing|ed)|get(?:ting)?) this (?:e-?mail|newsletter|message|mail) because|\byou (?:subscribed|signed up|opted in)\b|\bsent to \[email\] because",
        r"\b(?:manage|update|change) (?:your )?(?:e-?mail )?(?:preferences|subscriptions?|settings)\b|\ball rights reserved\b|\b(?:in this (?:issue|edition|newsletter)|weekly (?:newsletter|digest)|monthly newsletter)\b",
        r"\b(?:newsletter (?:abbestellen|abmelden)|(?:hier |vom newsletter )abmelden|abmeldelink|im browser (?:ansehen|anzeigen|öffnen)|sie erhalten (?:diese|diesen) (?:e-?mail|newsletter|nachricht))",
        r"\b(?:se désabonner|désabonnez|désinscri(?:re|ption|vez)|voir (?:cet e-?mail |la version )?en ligne|vous recevez (?:cet|ce) )",
        r"\b(?:darse de baja|date de baja|cancelar (?:la |tu |su )?suscripción|ver (?:este correo )?en (?:el|tu) navegador|recibe[s]? este (?:correo|mensaje)|descadastr|cancelar (?:a )?(?:inscrição|subscrição)|ver no navegador|você (?:está recebendo|recebeu) este)",
        r"\b(?:annulla(?:re)? (?:l'iscrizione|la sottoscrizione)|disiscri|cancella l'iscrizione|visualizza (?:nel|questa)|ricevi questa|afmelden|uitschrijven|bekijk (?:deze |in|online)|u ontvangt deze)",
        r"(?:отписаться|отписка от|вы получили это письмо|открыть в браузере|退订|取消订阅|在浏览器中|您收到此邮件|配信停止|配信解除|メールマガジン|ブラウザで(?:表示|見る)|수신 ?거부|wypisz się|abonelikten çık|avprenumerera|avsluta prenumeration)",
    )
)
"""The form of newsletters."""

SPAM_OFFER = _any(
    (
        r"\b(?:replica|designer|luxury|brand(?:ed)?|rolex|fake) (?:watch|bag|handbag|shoe|good|product)\w*|\bcheap (?:replica|watches|meds|pills|viagra|cigarettes|software|followers)",
        r"\b(?:verified |real |active |instagram |tiktok |youtube |organic )+(?:followers|likes|views|subscribers)|\b(?:buy|sell|get|gain) (?:[\w,.]+ ){0,3}(?:followers|likes|subscribers|reviews|backlinks|views)\b|\bfollowers and likes\b",
        r"\b(?:business|personal|payday|instant|quick|unsecured|guaranteed) (?:loan|funding|credit|capital)s?\b|\bloans? (?:in|within) \d+|\b(?:low interest|no collateral|bad credit (?:ok|welcome))",
        r"\b(?:seo|search engine optimi[sz]ation|backlinks?|guest post(?:s|ing)?|link building|web(?:site)? (?:re)?design(?:ing)? (?:services?|company|agency)|mobile app development|lead generation|first page of google|page one of google|rank(?:ing)? (?:#?1|higher|on google)|domain authority|website traffic)\b",
        r"\b(?:bitcoin|crypto(?:currency)?|forex|binary options?|trading|investment) (?:investment|trading|profit|opportunity|platform|signals?|doubl\w+|returns?|robot|bot)|\b(?:double|triple|multiply) your (?:money|bitcoin|crypto|investment|income)|\bguaranteed (?:returns?|profit|income)|\b(?:earn|make|making) (?:up to )?(?:\$|€|£|usd )? ?\d[\d,.]*\$? ?(?:k )?(?:per|a|every|/) ?(?:day|week|month|hour)",
        r"\b(?:casino|slots|betting|poker) (?:bonus|offer|spins|site|promo)|\bfree spins\b|\b(?:viagra|cialis|levitra|weight loss|keto|male enhancement|enlargement|cbd (?:oil|gummies)|hair loss)\b",
        r"\b(?:lottery|lotto|jackpot) (?:winner|winnings|prize)|\byou(?: have|'ve) (?:won|been selected|inherited)|\b(?:next of kin|inheritance|late (?:husband|client)|unclaimed (?:funds?|inheritance)|beneficiary (?:of|to) (?:the|his|her|my|this|an?) |million (?:us )?dollars|\bmillions? usd|fund transfer)\b",
        r"\b(?:e-?mail list|contact list|database of|leads list|attendees list|business leads|b2b (?:list|leads|data))\b|\b(?:wholesale|factory) (?:price|direct|supplier)s?\b|\bwe are (?:a )?(?:professional |leading )?(?:manufacturer|supplier|exporter)s?\b|\bhot (?:singles|girls|babes)\b|\b(?:single|lonely) (?:women|ladies|girls)\b|\bonlyfans\b",
        r"\b(?:günstige? (?:kredite?|replica)|sofortkredit|kredit ohne schufa|follower kaufen|geld verdienen|suchmaschinenoptimierung|online[- ]casino)\b",
        r"\b(?:crédit rapide|prêt (?:rapide|entre particuliers|d'argent)|offre de prêt|gagner de l'argent|référencement (?:naturel|google|seo)|acheter des (?:abonnés|followers)|casino en ligne)\b",
        r"\b(?:préstamos? (?:rápidos?|en \d+|personales|sin)|ganar? dinero|comprar seguidores|seguidores (?:reales|verificados)|posicionamiento (?:web|seo|en google)|réplicas? de relojes|relojes réplica|casino online)\b",
        r"\b(?:empréstimos? (?:rápidos?|pessoal|em \d+|sem)|ganh(?:ar|e) dinheiro|comprar seguidores|seguidores (?:reais|verificados)|réplicas? de relógios|relógios réplica|prestit[oi] (?:veloc[ei]|personal[ei]|in \d+|immediat[oi])|guadagn(?:a|are) (?:soldi|denaro|da casa)|orologi replica|snelle? lening|geld verdienen|volgers kopen)\b",
        r"(?:быстрый (?:кредит|займ)|займ(?:ы)? (?:за|без|онлайн)|заработ(?:ок|ай|айте) (?:в интернете|онлайн|от|до)|накрутка|подписчик(?:и|ов) (?:дёшево|недорого|купить)|реплик[иа] часов|продвижение сайт|онлайн[- ]казино|代开发票|高仿|贷款(?:秒|快速|无)|刷(?:粉|单|赞)|兼职.{0,8}日(?:赚|入)|博彩|在线赌场|副業で|簡単に稼げ|即日融資|フォロワー(?:購入|販売)|ブランド(?:コピー|品激安)|スーパーコピー|オンラインカジノ)",
    )
)
"""What spam offers."""

SPAM_CALL = _any(
    (
        r"\b(?:visit|check out|see|browse|go to|open) (?:our|my|the|this) (?:web ?)?(?:site|page|shop|store|website|link|catalog(?:ue)?|portfolio|channel)|\b(?:visit|go to) (?:www|http)",
        r"\bclick (?:here|the link|on the link|below|this link|now)\b|\b(?:buy|order|shop|apply|join|register|sign up|subscribe|invest|act|call|claim|start) (?:now|today|here|fast|right away)\b|\b(?:hurry|don't miss|do not miss|limited (?:time|offer|stock)|last chance|act fast|while stocks? lasts?)\b",
        r"\boffers?\b.{0,30}? (?:ends?|expires?|valid|available)\b|\b(?:special|exclusive|best|amazing|great|unbeatable) (?:offer|price|deal|discount|rate)s?\b|\b\d{1,2} ?% (?:off|discount|bonus|rabatt)|\b(?:free|fast|worldwide) (?:shipping|delivery|trial|consultation|quote|audit|bonus)|\bmoney[- ]back guarantee|\b100 ?% (?:free|guaranteed|legal|safe|satisfaction)",
        r"\b(?:reply|respond|write back|contact (?:us|me)|get in touch|whats ?app|telegram|text)\b.{0,40}?(?:\bif you(?: are|'re)? interested|for (?:more|further) (?:details|information|info)|price ?list|for a (?:free )?quote|\+?\d{6,}|\[phone\]|\[email\]|t\.me|today|now|now!)|\blet me know if you(?: are|'re)? interested|\bif (?:you are |you're )?interested\b|\bwould you be interested\b|\bare you interested\b|\bmay i send you\b|\bcan i send you (?:a |our |the )?(?:quote|price|proposal|samples?|list|info)|\bwe (?:can|will) (?:help you )?(?:rank|boost|increase|grow|improve|deliver|get you)|\bi can (?:help you )?(?:rank|boost|increase|grow|improve)|\bi (?:was|am|came) (?:on|across|browsing|looking at|checking|through) your (?:web ?site|site)|\bfound (?:some )?(?:issues|errors) (?:on|with) your (?:web ?site|site)",
        r"\bwe (?:sell|offer|provide|supply|specialize|specialise)\b|\b(?:no|without) (?:credit check|experience|obligation|risk|paperwork|prescription)|\bapproved (?:in|within)|\b(?:send|provide) (?:us |me )?your (?:bank|account|full name|details|address|passport)",
        r"\b(?:jetzt (?:kaufen|klicken|bestellen|anmelden|sichern|beantragen)|klicken sie hier|besuchen sie unsere|nur (?:heute|noch)|angebot .{0,20}(?:endet|gültig)|kostenloser? (?:versand|test)|ohne risiko)\b",
        r"\b(?:cliquez ici|visitez notre|achetez maintenant|offre .{0,20}(?:limitée|expire|valable)|livraison gratuite|sans engagement|contactez[- ]nous (?:vite|dès)|profitez)\b",
        r"\b(?:haga clic|haz clic|visite nuestra|visita nuestra|compre ahora|compra ya|oferta .{0,20}(?:limitada|termina|válida)|envío gratis|aproveche|aprovecha|clique aqui|visite (?:nosso|nossa)|compre (?:agora|já)|frete grátis|oferta por tempo|aproveite|clicca qui|visita il nostro|acquista ora|offerta .{0,20}(?:limitata|scade|valida)|spedizione gratuita|klik hier|bezoek onze|bestel nu|gratis verzending|aanbieding)\b",
        r"(?:нажмите (?:здесь|сюда)|перейдите по ссылке|посетите наш|заходите на|спешите|акция|только сегодня|бесплатная доставка|пишите в (?:телеграм|whatsapp)|点击(?:链接|这里|此处)|访问我们|加(?:微信|qq|v)|立即(?:购买|注册|申请)|限时|优惠|包邮|联系(?:微信|qq)|今すぐ|こちらをクリック|期間限定|送料無料|無料(?:登録|で)|line追加)",
    )
)
"""What spam asks for."""

_LEAD = r"^(?:(?:re|aw|antw|sv|vs|odp|rif|res|回复|答复|回覆)\s?(?:\[\d+\])?\s?[:：]\s*)*"
_END = r"(?=\s*(?:$|[:：|(\[–—-]|re\s?:|aw\s?:|\d))"

AWAY_TITLE = re.compile(
    _LEAD
    + r"(?:\[?(?:auto(?:matic|mated|matisch|-)?[\s-]?(?:reply|response|answer|responder|replied)|auto\s?:.{0,40}|out[\s-]of[\s-](?:the[\s-])?office(?: auto-?reply| reply| notification| message| notice)?|ooo|away from (?:the |my )?(?:office|desk)|i am (?:away|out)|(?:on )?(?:vacation|annual leave|holiday) (?:reply|response|notice|message|until .*)|on (?:annual )?leave(?: until .*)?|absence notice|"
    r"abwesenheits(?:notiz|nachricht|meldung|assistent|benachrichtigung)|abwesenheit|automatische (?:antwort|rückantwort|abwesenheitsnotiz|e-?mail-?antwort|reaktion)|abwesend(?: bis .*)?|nicht im büro|"
    r"réponse automatique|réponse d'absence|message d'absence|absence du bureau|absente? du bureau|absence|"
    r"respuesta automática|fuera de (?:la )?oficina|mensaje (?:automático|de ausencia)|ausencia(?: de la oficina)?|"
    r"resposta automática|fora do escritório|mensagem (?:automática|de ausência)|ausência(?: temporária| do escritório)?|"
    r"risposta automatica|fuori (?:ufficio|sede)|assenza(?: dall'ufficio)?|assente dall'ufficio|messaggio automatico|"
    r"automatisch(?:e)? (?:antwoord|beantwoording|reactie|bericht)|afwezigheid(?:sbericht|smelding|sassistent)?|niet op kantoor|afwezig|"
    r"автоматический ответ|автоответ(?:чик)?|вне офиса|нет на месте|отсутствую|"
    r"自动(?:回复|答复|应答)|自動(?:回覆|回復|答覆|応答|返信)|不在(?:办公室|通知|のお知らせ|連絡)|外出(?:自动回复)?|休暇(?:中|のお知らせ)|"
    r"자동 ?(?:회신|응답|답장)|부재 ?중(?: ?(?:알림|메시지))?|رد تلقائي|otomatik (?:yanıt|cevap)|ofis dışında|odpowiedź automatyczna|automatyczna odpowiedź|poza biurem|nieobecność|autosvar|automatiskt svar|automatisk svar|frånvaro(?:meddelande)?|fravær|automaattinen vastaus|poissaoloviesti|automatická odpověď)\]?)"
    + _END
)
"""The beginning of an automatic reply's subject, as mail programs write it; the subject of the mail may follow."""

BOUNCE_TITLE = re.compile(
    _LEAD
    + r"(?:\**\s*(?:undelivered mail returned to sender|undeliverable(?: mail| message)?\s?[:：].*|mail delivery (?:failed|failure|error|system)|delivery status notification|returned mail\b|message (?:undeliverable|delivery (?:failure|failed))|mail system error|failure notice$|(?:e-?mail|mail) (?:undeliverable|not delivered|could not be delivered)|non-?delivery (?:report|notification)|(?:warning|notice): (?:message|mail) .{0,40}(?:delayed|not)|"
    r"unzustellbar\s?[:：].*|unzustellbare? (?:e-?mail|nachricht|mail)|nicht zustellbare (?:e-?mail|nachricht)|nachricht (?:nicht zugestellt|unzustellbar)|"
    r"non remis\s?[:：].*|message non (?:distribué|remis|délivré)|courriel non (?:distribué|remis)|échec de (?:la )?remise(?: du message| du courrier)?\s?[:：]?.*|avis de non-?remise|"
    r"no se puede entregar\s?[:：].*|mensaje no entregado|correo no entregado|correo devuelto|error de entrega del? (?:correo|mensaje)|"
    r"não entregue\s?[:：].*|não é possível entregar\s?[:：].*|mensagem não entregue|e-?mail não entregue|falha na entrega d[ao] (?:mensagem|e-?mail)|"
    r"non recapitabile\s?[:：].*|messaggio non (?:recapitato|consegnato|recapitabile)|mancata consegna d(?:el|ella) (?:messaggio|mail|posta)|"
    r"onbestelbaar\s?[:：].*|onbestelbare (?:e-?mail|bericht|mail)|bericht niet (?:bezorgd|afgeleverd)|"
    r"не доставлено\s?[:：].*|недоставленное сообщение|сообщение не доставлено|письмо не доставлено|"
    r"(?:系统)?退信(?:通知)?|未(?:能)?(?:送达|投递)\s?[:：].*|无法投递(?:的邮件)?|邮件(?:无法投递|未送达|被退回)|無法傳遞|郵件無法|"
    r"(?:配信|配送|送信)(?:不能|できません|エラー)|未配信メール|メール(?:配信|送信)(?:失敗|エラー|不能)|배달되지 않음|반송|niedostarczon|iletilemeyen|olevererbart|ej levererat))"
)
"""The subject of a bounce. What says `mail` or ends in a colon is not about a parcel."""

TICKET_TITLE = re.compile(
    _LEAD
    + r"(?:[\[({<#]?\s*(?:ticket|case|request|incident|sr|ref|id|vorgang|anfrage|demande|caso|solicitud|chamado|richiesta|zaak|заявка|工单|受付番号)\b[\s#:：.-]*[\w-]*\d[\w-]*\s*[\])}>]?\s*[:：-]?\s*)?"
    r"(?:(?:new |support |your )*(?:ticket|case|request|enquiry|inquiry|message|question|e-?mail|submission|query)s?(?: (?:number|no\.?|id))?\s*[#(\[]*[\w-]*\d*[\w-]*[)\]]*\s*(?:has been|was|is|have been)? ?(?:successfully )?(?:received|created|registered|opened|logged|submitted|acknowledged|confirmed|confirmation|acknowledge?ment)\b|"
    r"(?:thank you|thanks) for (?:contacting|your (?:message|e-?mail|request|enquiry|inquiry)|reaching out|getting in touch)|we(?: have|'ve)? (?:received|got) your|(?:confirmation|acknowledge?ment|receipt) of (?:your )?(?:receipt|request|message|enquiry|e-?mail|ticket)|auto(?:matic)? (?:acknowledge?ment|confirmation)|"
    r"(?:ihre|deine) (?:anfrage|nachricht|e-?mail)\b.{0,40}|eingangsbestätigung|empfangsbestätigung|bestätigung (?:ihrer|des eingangs)|wir haben ihre|ticket .{0,20}(?:erstellt|angelegt|eröffnet)|"
    r"accusé de réception|confirmation de (?:votre|réception)|votre (?:demande|message|ticket)\b.{0,40}|nous avons bien reçu|acuse de recibo|confirmación de (?:recepción|su|tu)|hemos recibido|(?:su|tu) solicitud\b.{0,40}|"
    r"confirmação de (?:recebimento|recepção)|recebemos (?:a )?su?a|(?:seu|sua) (?:chamado|solicitação|mensagem)\b.{0,40}|conferma (?:di )?(?:ricezione|ricevuta|richiesta)|abbiamo ricevuto|(?:la tua|la sua) richiesta\b.{0,40}|"
    r"ontvangstbevestiging|bevestiging (?:van )?(?:uw|ontvangst)|(?:wij|we) hebben uw|ваш(?:е|а)? (?:обращение|заявка|запрос|сообщение)\b.{0,40}|подтверждение (?:получения|регистрации)|"
    r"(?:您的)?(?:工单|请求|问题|咨询).{0,20}已(?:创建|收到|提交|受理)|我们已收到|(?:お)?問い合わせ(?:を|の)?(?:受付|受け付け|ありがとう|受領|確認).{0,20}|受付(?:完了|のお知らせ|確認)|문의(?:가)? 접수)"
)
"""The subject of an acknowledgement by another ticket system."""

FORWARDED_TITLE = re.compile(
    r"^\s*(?:re\s?:\s*)?(?:fwd?|wg|wtr|tr|rv|enc|i|r?ep|doorst|vb|vl|pd|пересл|fw|转发|轉寄|転送|전달|ilt|videresendt|fs)\s?[:：]"
)
"""A person forwarded the mail."""

OWN_WORDS = re.compile(
    r"\b(?:i|i've|i'd|me|mine|my|myself|ich|mich|mir|meine?[nmrs]?|je|j'ai|j'|mon|ma|mes|moi|yo|mis?|me|conmigo|eu|meus?|minhas?|mim|io|mio|mia|miei|mie|ik|mijn|mij|"
    r"я|мне|меня|мной|мо[йяёи]|моего|моей|мою|моих|moj[aeą]?|mój|mnie|benim|bana|jag|mitt?|mina)\b|我(?!们|們)|私(?!ども)|わたし|僕|俺|(?:^|\s)(?:저|제|내)(?:가|는|의)?\s"
)
"""The first person singular: a machine has none, apart from the phrases above."""

TROUBLE = re.compile(
    r"[?？]|\b(?:refund(?:ed)?|charged?|declined|failed|failing|fails|broken|wrong|missing|never (?:arrived|got|received|came)|still (?:waiting|no|not|nothing)|not (?:working|arrived|received|showing)|doesn't|does not work|didn't|can't|cannot (?:log|access|open|pay|withdraw)|won't|why|complain\w*|keep (?:getting|receiving)|keeps|stop (?:sending|charging)|nobody|no one (?:answers|replies)|unacceptable|disappointed|fraud\w*|stolen|scam(?:med)?|blocked|locked|help me|it says|your (?:out of office|auto|automatic|spam|bot)\b|"
    r"rückerstattung|abgebucht|funktioniert nicht|fehlt|warum|immer noch|nie (?:an|er)|beschwer\w*|hilfe|gesperrt|kaputt|remboursement|débité|ne (?:fonctionne|marche)|pourquoi|toujours (?:pas|rien)|bloquée?|jamais reçu|reembolso|cobr(?:ado|aron|ou|aram)|no funciona|por qué|todavía|sigo|nunca (?:llegó|recib)|bloquead[ao]|não funciona|por que|ainda não|nunca (?:chegou|recebi)|rimborso|addebit\w*|non funziona|perché|ancora (?:non|nessun)|mai (?:arrivat|ricevut)|bloccat[ao]|terugbetaling|werkt niet|waarom|nog (?:steeds|niet|geen)|geblokkeerd)\b"
    r"|возврат|списал|не работает|почему|до сих пор|заблокирован|не приш|退款|为什么|扣款|还没|没有收到|无法(?:登录|支付|使用)|不能(?:登录|支付|使用)|返金|なぜ|まだ|使えません|できません(?!でした。)|届きません|届かない|환불|왜\b"
)
"""A question or a complaint."""
