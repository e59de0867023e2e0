"""What mail programs and people write around a message, in the languages of Gmail, Outlook, Apple Mail and Yahoo Mail."""

# ruff: noqa: RUF001 (the characters of other scripts are intended)

from __future__ import annotations

ORIGINAL = (
    "original message|original appointment|ursprüngliche nachricht|originalnachricht|message d'origine|message "
    "original|mensaje original|"
    "messaggio originale|mensagem original|oorspronkelijk bericht|исходное сообщение|оригинальное сообщение|原始邮件|原始郵件|原邮件|"
    "元のメッセージ|원본 메시지|원본메시지|orijinal ileti|orijinal mesaj|wiadomość oryginalna|oryginalna wiadomość|"
    "الرسالة الأصلية|मूल संदेश|ursprungligt meddelande"
)
"""Between dashes, above a quoted message."""

FORWARDED = (
    "forwarded (?:message|mail|email)|forwarded by .{1,80}|weitergeleitete nachricht|message transféré|mensaje "
    "reenviado|messaggio inoltrato|"
    "mensagem (?:re)?encaminhada|doorgestuurd bericht|(?:пересылаемое|пересланное|переадресованное) сообщение|"
    "转发的?(?:邮件|消息|信息)|"
    "轉寄(?:的)?郵件|轉寄的訊息|転送(?:された)?メッセージ|전달된 (?:메시지|메일|이메일)|(?:iletilen|yönlendirilen|"
    "yönlendirilmiş) (?:mesaj|ileti)|"
    "(?:przekazana|przesłana dalej) wiadomość|wiadomość przekazana|(?:ال)?رسالة (?:ال)?(?:معاد توجيهها|محولة|مُعاد توجيهها)|"
    "(?:अग्रेषित|फ़ॉरवर्ड किया गया|आगे भेजा गया) संदेश|vidarebefordrat meddelande"
)
"""Between dashes, above a forwarded message."""

BEGIN_FORWARDED = (
    "begin forwarded message|anfang der weitergeleiteten nachricht|début du message (?:réexpédié|transféré)|"
    "inicio del mensaje reenviado|inizio messaggio inoltrato|início da mensagem (?:re)?encaminhada|begin doorgestuurd bericht|"
    "начало (?:переадресованного|пересылаемого|пересланного) сообщения|(?:下面是被|以下是)转发的邮件|以下是轉寄的郵件|開始轉寄郵件|"
    "転送されたメッセージ|전달된 메시지 시작|iletilen mesajın başlangıcı|yönlendirilen ileti başlangıcı|początek "
    "przekazywanej wiadomości|"
    "بداية الرسالة (?:المُعاد|المعاد) توجيهها|अग्रेषित संदेश प्रारंभ|vidarebefordrat brev"
)
"""How Apple Mail introduces a forwarded message."""

WROTE_AFTER = (
    r"(?:on|am|le|el|il|il giorno|em|a|op|den|w dniu|dnia|no dia|el día)\b.{3,260}?"
    r"\b(?:wrote|schrieb\b.{0,120}|a écrit|escribió|ha scritto|escreveu|schreef\b.{0,120}|skrev\b.{0,120}|napisał(?:\(a\)|a)?|pisze)"
)
"""`On ... wrote`: the head begins with a preposition and ends with a verb, or with the name after it."""

WROTE_AT_END = (
    r".{0,200}(?:\d|"
    r"\]|>|@).{0,120}(?:wrote|schrieb|пишет|писал(?:\(а\)|а)?|написал(?:\(а\)|а)?|写道|寫道|のメール|書きました|님이 작성|작성|"
    r"yazdı|napisał(?:\(a\)|a)?|pisze|ने लिखा|लिखा|كتب|(?:كتب|بواسطة).{1,100}|escreveu|escribió|ha scritto|a écrit)"
)
"""A date or an address, and a verb at the end."""

FROM = frozenset(
    {
        "from", "von", "de", "da", "van", "od", "från", "от", "от кого", "发件人", "寄件者", "寄件人", "差出人",
        "送信者", "보낸 사람", "보낸사람",
        "발신", "kimden", "gönderen", "من", "प्रेषक", "की ओर से", "expéditeur", "remitente", "mittente", "remetente",
        "absender", "nadawca",
    }
)  # fmt: skip
DATE = frozenset(
    {
        "sent", "date", "sent at", "gesendet", "datum", "envoyé", "envoyé le", "enviado", "enviado el", "enviado em",
        "enviada em", "enviada",
        "fecha", "data", "inviato", "verzonden", "отправлено", "дата", "发送时间", "发送日期", "日期", "時間",
        "傳送時間", "寄件日期", "送信日時",
        "日時", "日付", "보낸 날짜", "보낸날짜", "날짜", "gönderildi", "gönderme tarihi", "tarih", "wysłano", "تاريخ",
        "التاريخ", "أرسلت",
        "تاريخ الإرسال", "दिनांक", "भेजा गया", "तारीख", "skickat",
    }
)  # fmt: skip
TO = frozenset(
    {
        "to", "an", "à", "para", "a", "aan", "till", "кому", "do", "收件人", "收件者", "宛先", "받는 사람", "받는사람",
        "kime", "alıcı", "إلى",
        "प्रति", "सेवा में", "destinataire", "destinatario", "cc", "kopie", "cc:", "копия", "抄送", "副本", "참조",
        "bilgi", "dw", "نسخة",
        "bcc", "reply-to", "antwort an", "répondre à",
    }
)  # fmt: skip
SUBJECT = frozenset(
    {
        "subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp", "ämne", "тема", "主题", "主旨",
        "标题", "件名", "제목",
        "konu", "temat", "الموضوع", "विषय", "re",
    }
)  # fmt: skip
OTHER_FIELDS = frozenset(
    {
        "importance",
        "priority",
        "attachments",
        "anlagen",
        "wichtigkeit",
        "importância",
        "importancia",
        "附件",
        "添付ファイル",
    }
)
"""Names of the fields above a quoted message, in lower case, without the colon."""

FORWARD_TITLES = (
    "fwd?|wg|tr|rv|i|enc|vb|vl|pd|ilt|i̇lt|doorst|转发|轉寄|転送|전달|пересл|пересылка|إعادة توجيه|تحويل|अग्रेषित|fs"
)
REPLY_TITLES = "re|aw|rif|r|ref|antw|sv|vs|odp|ynt|res|回复|答复|回覆|返信|회신|답장|отв|ответ|رد|उत्तर"

REPLY_ABOVE = (
    r"(?:please )?(?:type|write|enter|add)? ?(?:your )?reply above (?:this|the) line|please (?:reply|respond) above this line|"
    r"reply above this line|(?:bitte )?(?:antworten sie|schreiben sie ihre antwort|geben sie ihre antwort) (?:oberhalb|"
    r"über) diese[rn]? (?:zeile|linie)|"
    r"(?:veuillez )?(?:écri(?:re|vez)|répond(?:re|ez|ez-y)) .{0,30}au-dessus de cette ligne|(?:escriba|responda|por "
    r"favor,? (?:escriba|responda)) .{0,40}"
    r"(?:encima|arriba) de esta línea|(?:digite|escreva|responda|por favor,? (?:digite|responda)) .{0,40}acima desta linha|"
    r"(?:scrivi|inserisci|digita) .{0,40}sopra questa riga|typ uw antwoord boven deze regel|(?:请|請)在此(?:行|线|"
    r"線)(?:之?上|以上|上方).{0,6}(?:回复|回覆)|"
    r"この行より上に.{0,12}(?:返信|ご記入)|введите ответ над этой строкой|wpisz odpowiedź powyżej tej linii"
)

SENT_FROM = (
    "sent (?:from (?:my|yahoo|mail|outlook|samsung|the|proton)|via|with (?:proton|spark))|get outlook for|"
    "von meinem .{1,40} gesendet|gesendet (?:von|mit)|outlook für .{1,12} (?:beziehen|herunterladen)|holen sie sich "
    "outlook|laden sie outlook|"
    "envoyé (?:de|depuis|à partir de) (?:mon|ma|mail|outlook|yahoo|l)|(?:obtenez|télécharge[rz]) outlook|"
    "enviado desde (?:mi|el|outlook|yahoo|mail)|(?:obtener|obtenga|consigue) outlook|enviado (?:do|pelo|a partir do|"
    "de) (?:meu|outlook|mail|yahoo)|"
    "(?:obter|baixar|obtenha) o? ?outlook|inviato da|(?:scarica|ottieni) outlook|(?:verzonden|verstuurd) (?:vanaf|met|"
    "via)|outlook (?:voor|downloaden)|"
    "отправлено (?:с|из)|(?:скачать|загрузить|получите) outlook|发自我的|發自我的|从我的.{1,20}发送|從我的.{1,20}傳送|"
    "获取 ?outlook|取得 ?outlook|"
    "(?:私の|マイ)?i(?:phone|pad)から送信|outlook for .{1,10} ?を入手|나의 .{1,20}에서 보냄|내 .{1,20}에서 보냄|"
    ".{1,20}(?:u?mdan|den|dan) gönderildi|"
    "wysłan[eo] z|pobierz outlook|(?:أُ?رسلت|تم الإرسال) من|(?:मेरे|मेरा) .{1,20} से भेजा|skickat från min"
)

THANKS = (
    "many thanks|thanks(?: (?:so much|a lot|a million|in advance|again|and regards|&amp; regards|& regards))?|thank "
    "you(?: (?:so much|very much|in "
    "advance|again|all|team))?|thx|cheers|best|all the best|rgds|br|merci(?: (?:d'avance|beaucoup))?|(?:vielen |"
    "besten |herzlichen )?dank"
    "(?: im voraus)?|danke(?: (?:schön|im voraus))?|mfg|(?:muchas )?gracias(?: de antemano)?|(?:muito "
    ")?obrigad[oa](?: desde já)?|att\\.?|grazie"
    "(?: mille)?|dziękuję|pozdrawiam|teşekkürler|teşekkür ederim|(?:большое )?спасибо|заранее спасибо|bedankt|"
    "groet(?:en|jes)?|alvast bedankt|tack|"
    "(?:どうぞ)?よろしくお願い(?:いた)?します|谢谢|謝謝|感谢|감사합니다|धन्यवाद|शुक्रिया|شكرا(?: جزيلا)?|شكراً"
)
"""Thanks that end a message on a line of their own, with the name after them."""

ROLES = (
    "manager|engineer|director|officer|president|vp|ceo|cfo|cto|coo|head of|lead|team|department|dept|sales|support|agent|assistant|"
    "consultant|specialist|coordinator|analyst|representative|executive|administrator|supervisor|accountant|owner|"
    "founder|partner|inc\\.?|ltd\\.?|"
    "llc|gmbh|s\\.?a\\.?|b\\.?v\\.?|plc|leiter(?:in)?|geschäftsführer(?:in)?|vertrieb|abteilung|mitarbeiter(?:in)?|"
    "responsable|directeur|"
    "directrice|gérant|gerente|director[a]?|jefe|jefa|ventas|diretor[a]?|coordenador[a]?|analista|responsabile|direttore|ufficio|"
    "менеджер|директор|отдел|руководитель|müdür|uzman|kierownik|dyrektor|specjalista|经理|主管|总监|部長|課長|担当|"
    "과장|부장|대리|매니저"
)

COVER = (
    "fyi fya please pls plz see below kindly handle look looking into at this these that it can could would you your "
    "any update updates "
    "forward forwarding forwarded fw fwd from the customer customers client clients thanks thank thx attached "
    "attachment advise advice assist "
    "help check take care deal with sort out for me us our an a and as per note info information mail email e-mail "
    "message following reply "
    "respond answer still not same again issue issues problem problems happened happening happens work working works "
    "fixed resolved solved "
    "there is was has been be get back to asap urgent urgently hi hello dear team all of on in here above one do let know what "
    "siehe unten bitte zur info kenntnis kümmern weiter weiterleitung weitergeleitet kunde kunden vom von dem diese "
    "dieses das schauen ansehen "
    "können sie du mal danke anbei gibt es etwas neues stand immer noch nicht "
    "voir ci-dessous ci dessous merci de svp veuillez traiter transfert client suite suivre regarder pouvez vous "
    "toujours pas nouvelles des pour "
    "ver abajo favor gracias atender cliente reenvío reenvio adjunto pueden puede revisar esto alguna novedad sigue "
    "sin por del la el "
    "veja abaixo favor obrigado obrigada encaminho encaminhando segue cliente verificar podem pode isso alguma "
    "novidade ainda não do da o "
    "vedi sotto per favore grazie inoltro gestire cliente potete guardare questo novità ancora non di il "
    "zie hieronder graag doorgestuurd klant alstublieft aub bekijken nog steeds niet "
    "см ниже пожалуйста прошу посмотрите переслано пересылаю клиент клиента от разберитесь спасибо есть новости все еще не "
    "请 请看 见下 见下文 请处理 谢谢 转发 客户 参照 以下 お願いします ご確認ください 転送します 確認 참고 아래 확인 "
    "부탁드립니다 전달합니다 "
    "lütfen aşağıya bakın müşteri teşekkürler iletiyorum proszę poniżej klient dziękuję przekazuję "
    "انظر أدناه من فضلك العميل شكرا يرجى कृपया नीचे देखें ग्राहक धन्यवाद"
)
"""Words of cover notes: what is written above a forwarded or quoted message without saying what the problem is."""

STOP_WORDS = (
    "i we they he she my his her their its who which where when why how if then so but or because about are were am have had will "
    "shall should may might must did does done went go going come came just also very really only now today yesterday "
    "already since until "
    "no yes ok okay more some every each other another same find found need needs want wants says said told asked "
    "waiting wait complaint "
    "complains sent send ich wir er sie ihr ist sind hat haben und oder mit auf der die ein eine je nous il elle est "
    "sont ont et ou avec "
    "sur le les un une yo nosotros es son ha han y o con en los las un una eu nós ele ela é são tem têm e ou com em os as um uma"
)

COVER_WORDS = frozenset(COVER.split())
FORM_WORDS = COVER_WORDS | frozenset(STOP_WORDS.split())
"""Words that are about no problem."""

GENERIC_TITLES = (
    "question|questions|query|help|help me|help needed|need help|please help|customer|customer question|customer "
    "query|client|hi|hello|hey|urgent|important|"
    "request|support|support request|ticket|issue|problem|enquiry|inquiry|complaint|info|information|fyi|message|mail|"
    "email|contact|contact form|"
    "no subject|none|null|n/a|untitled|test|anfrage|frage|hilfe|kunde|kundenanfrage|betreff|kein betreff|question "
    "client|demande|aide|(?:sans )?objet|"
    "consulta|pregunta|ayuda|cliente|solicitud|sin asunto|dúvida|duvida|ajuda|pergunta|sem assunto|domanda|aiuto|"
    "richiesta|nessun oggetto|vraag|"
    "hulp|вопрос|помощь|клиент|без темы|问题|帮助|咨询|客户|無題|质问|質問|お問い合わせ|件名なし|문의|질문|도움|soru|"
    "yardım|pytanie|pomoc|"
    "سؤال|مساعدة|استفسار|प्रश्न|सहायता"
)
"""Titles that say nothing; they are left out of the embedded text where they were forwarded or answered."""
