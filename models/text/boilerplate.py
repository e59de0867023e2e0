"""What is around the words about the problem: banners, disclaimers, greetings, closings, signatures, agents' standard sentences."""

# ruff: noqa: RUF001 (the characters of other scripts are intended)

from __future__ import annotations

import re
from collections.abc import Collection

from models.text import languages

_SIGNATURE = re.compile(r"^-- ?$.*", re.MULTILINE | re.DOTALL)
_SENT_FROM = re.compile(rf"^[ \t]*(?:{languages.SENT_FROM}).*$", re.MULTILINE | re.IGNORECASE)
_CLOSING = re.compile(
    r"(?:^|(?<=[.!?。！？])[ \t]*)[ \t]*(?:(?:best|kind|warm|many|with (?:best|kind)) (?:regards|wishes)|regards|"
    r"(?:yours )?sincerely|"
    r"yours (?:truly|faithfully)|mit freundlichen grüßen|(?:viele|beste|liebe) grüße|cordialement|bien à vous|(?:un )?saludos?|"
    r"atentamente|cordiali saluti|distinti saluti|atenciosamente|met vriendelijke groet|с уважением|saygılarımla|此致|敬具|مع تحياتي)"
    r"\b[ \t]*(?:[.!。]?[ \t]*$|[,，][^\n.!?]{0,40}$)(?:\n[^\n]{0,60}){0,4}\Z",
    re.MULTILINE | re.IGNORECASE,
)
_THANKS = re.compile(
    rf"\n[ \t]*(?:{languages.THANKS})[ \t]*[,.!，。]*[ \t]*(?:\n[^\n]{{0,60}}){{0,6}}\Z", re.IGNORECASE
)
_TAIL = 400
"""A closing and the names after it are within this many characters of the end."""

_GREETING = re.compile(
    r"^\s*(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|greetings|hallo|guten (?:tag|morgen|abend)|moin|"
    r"sehr geehrte damen und herren|bonjour|bonsoir|salut|hola|buenos días|buenas (?:tardes|noches)|ciao|buongiorno|buonasera|"
    r"olá|oi|bom dia|boa (?:tarde|noite)|goedendag|beste|merhaba|cześć|dzień dobry|здравствуйте|привет|добрый (?:день|вечер)|"
    r"नमस्ते|नमस्कार|مرحبا|السلام عليكم)(?:,? (?:there|all|team|support|sir|madam|everyone|folks|or|zusammen|à tous|"
    r"a todos|equipo|(?-i:[A-ZÀ-Þ])\w+(?=,)))*"
    r"\s*(?:[,.!،]+\s+|[ \t]*\n\s*)|(?:你好|您好|大家好|こんにちは|お世話になっております|안녕하세요)[,.!，。！、\s]+)",
    re.IGNORECASE,
)

TYPICAL_MACROS = (
    "thank you for contacting",
    "thanks for contacting",
    "thank you for reaching out",
    "thanks for reaching out",
    "thank you for your message",
    "we have received your",
    "we've received your",
    "your request has been received",
    "a member of our team will",
    "one of our agents will",
    "this is an automated",
    "please do not reply to this",
    "please type your reply above",
    "is there anything else i can help",
    "is there anything else we can help",
    "your ticket number is",
    "this email and any attachments",
    "this e-mail and any attachments",
)
"""Beginnings of sentences that helpdesks write and people do not, in lower case."""

_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？]+(?=\s|$)|[.!?。！？]|\n|$)+\s*|[.!?。！？\s]+")
_WRAPPED = re.compile(r"(?<=[^\n]{50})\n(?=[a-zß-ÿа-я])")
"""The end of a line within a sentence: the line is long and the next one begins in lower case."""

_MAIL = (
    r"(?:e-?mails?|messages?|communications?|transmissions?|correspondence|e-?mail-?nachricht|nachricht|mail|"
    r"courriels?|mél|correo(?: "
    r"electrónico)?|mensajes?|comunicaci[óo]n|mensagem|comunicaç[ãa]o|messaggi?o?|comunicazione|bericht|"
    r"письм\w+|сообщени\w+|邮件|郵件|メール|이?메일|رسالة|ईमेल|e-?posta|ileti|wiadomoś\w+)"
)
_CONFIDENTIAL = (
    r"(?:confidential|intended (?:only|solely)|solely for|privileged|vertraulich|confidentiel|confidencial|riservat|confidenziale|"
    r"vertrouwelijk|конфиденциальн|предназначен|机密|保密|機密|기밀|비밀|سرية|गोपनीय|gizli|poufn)"
)
_DISCLAIMER = re.compile(
    rf"\s*\W{{0,3}}(?:(?:confidentiality|privacy|legal|disclaimer)[ -]?(?:notice|note|statement|disclaimer)?\s*[:：\n]|disclaimer\b|"
    rf"haftungsausschluss|avis de confidentialité|aviso (?:legal|de confidencialidad|de confidencialidade)|avvertenza legale|"
    rf"(?:(?:the|any) (?:information|contents?)(?: contained)? (?:in|of) )?(?:this|these|diese|die informationen in "
    rf"diese[rn]?|dieses|ce|cette|"
    rf"les informations contenues dans ce|este|esta|la información contenida en este|as informações contidas nesta|questo|questa|"
    rf"dit|deze|настоящее|данное|это|本|此|この|본|이|هذه|यह|bu|ta|niniejsza)\s?{_MAIL}.{{0,160}}?{_CONFIDENTIAL}|"
    rf"if you (?:are not|have received|received|believe you).{{0,40}}?(?:intended recipient|this (?:e-?mail|message|communication|"
    rf"transmission).{{0,20}}in error)|wenn sie nicht der (?:richtige|vorgesehene|beabsichtigte) (?:adressat|empfänger)|"
    rf"si vous (?:n'êtes pas le destinataire|avez reçu ce (?:message|courriel) par erreur)|si (?:usted )?(?:no es el "
    rf"destinatario|ha recibido este)|"
    rf"se (?:você )?(?:não (?:for|é) o destinatário|recebeu esta)|se (?:non siete|non è) il destinatario|"
    rf"(?:any|no) (?:unauthori[sz]ed|liability|review, ).{{0,80}}?(?:prohibited|accepted|disclosure|distribution)|"
    rf"please (?:consider the environment|think before (?:you )?print)|bitte (?:denken|prüfen) sie.{{0,40}}(?:umwelt|ausdruck)|"
    rf"pensez à l'environnement|antes de imprimir|prima di stampare|"
    rf"(?:any )?views (?:or|and) opinions .{{0,60}}(?:author|sender))",
    re.IGNORECASE,
)
"""How the sentences of legal notices below a mail begin."""

_DISCLAIMER_WORDS = (
    "confiden", "intended", "privileged", "vertraulich", "riservat", "vertrouwelijk", "disclaimer", "notice", "in error", "environment",
    "unauthori", "opinions", "haftung", "umwelt", "destinat", "imprimir", "stampare", "adressat", "empf", "aviso", "gizli", "poufn",
)  # fmt: skip
_BANNER_WORDS = (
    "extern", "outside", "links", "often get", "important", "above th", "spam", "oberhalb", "au-dessus", "encima", "arriba", "acima",
    "sopra", "estern", "deze regel", "tej linii",
)  # fmt: skip
"""A text without any of these, and in ASCII, has no notice and no banner; looking for them first saves most of the time."""

_BANNER = re.compile(
    r"\s*[\[(*!#⚠️ ]{0,6}\s*(?:(?:caution|warning|attention|notice|alert|achtung|vorsicht|warnung|"
    r"attenzione|atención|atenção|aviso|prudence|"
    r"внимание|注意|警告)?\s*[\])*!:：,.\-– ]{0,5}"
    r"\s*(?:this (?:e-?mail|message) (?:originated|was sent|came|comes|is) (?:from )?.{0,20}?(?:outside|external)|"
    r"external (?:e-?mail|sender|message)|(?:diese|die) (?:e-?mail|nachricht) (?:stammt|kommt|wurde) .{0,30}(?:extern|außerhalb)|"
    r"(?:ce|cet) (?:courriel|e-?mail|message) (?:provient|vient|a été envoyé) .{0,20}(?:l'extérieur|externe)|"
    r"este (?:correo|mensaje|e-?mail) (?:procede|proviene|se originó|viene|es) .{0,20}(?:extern|fuera)|"
    r"(?:este|esta) (?:e-?mail|mensagem) (?:veio|foi enviad[oa]|é|originou).{0,20}(?:extern|fora)|"
    r"questa (?:e-?mail|messaggio) (?:proviene|è stata inviata).{0,20}(?:estern)|письмо .{0,20}(?:извне|внешн)|"
    r"此?邮件来自外部|外部メール|"
    r"do not click (?:on )?(?:any )?links|you don'?t often get email from|learn why this is important|some people who "
    r"received this message|"
    r"klicken sie (?:nicht )?auf (?:keine )?links|ne cliquez pas|no haga clic|não clique|non cliccare)"
    rf"|\[?(?:external|extern|externe|externo|esterno|ext|外部)\]|(?:\[?spam\]?|\*+spam\*+)\s|[-#=*_\s]*(?:{languages.REPLY_ABOVE}))",
    re.IGNORECASE,
)
"""How the sentences of banners begin that mail gateways and helpdesks write above a mail."""

_TAG = re.compile(
    r"^\s*(?:\[(?:external|extern|externe|externo|esterno|ext|spam)(?: [^\]]{0,20})?\]|\*{2,}(?:external|spam)\*{2,}|external:)\s*",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\[(?:image|cid|inline image|bild|imagen?|immagine|图片)(?:[:：][^\]\n]{0,120})?\]|"
    r"<(?:image|img)\d*\.\w{3,4}>|\[attachment:[^\]\n]{0,120}\]",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[ \t]*[-_=*~•·]{4,}[ \t]*$", re.MULTILINE)

_ROLE = re.compile(rf"(?<!\w)(?:{languages.ROLES})(?!\w)", re.IGNORECASE)
_CONTACT = re.compile(
    r"\[(?:PHONE|EMAIL)\]|(?:tel|phone|mobile|fax|cell|mob|t|m|p)\s?[.:]\s?[+(\d\[]|www\.|https?://|@\w", re.IGNORECASE
)
_NAME = re.compile(
    r"(?:[A-ZÀ-ÞА-Я][\w'’.-]*|van|von|de|da|di|der|la|del|bin|al|el)(?:\s+(?:[A-ZÀ-ÞА-Я][\w'’.-]*|van|von|de|da|di|der|"
    r"la|del|bin|al|el)){1,3}"
)
_SENTENCE_END = re.compile(r"[.!?。！？]\s*$")
_MOST_LINES = 8


def without_banners(text: str) -> str:
    """Remove warnings of mail gateways, lines above which a reply belongs, and placeholders of pictures."""
    if "[" in text or "<" in text:
        text = _PLACEHOLDER.sub(" ", text)
    text = _TAG.sub("", text)
    if not _may_hold(text[:_HEAD], _BANNER_WORDS):
        return text
    head, rest = _WRAPPED.sub(" ", text[:_HEAD]), text[_HEAD:]
    sentences = _WHOLE_SENTENCE.findall(head)
    first = next(
        (at for at, one in enumerate(sentences) if one.strip(_IGNORED) and not _BANNER.match(one)), len(sentences)
    )
    return "".join([*sentences[first:], rest])


_IGNORED = " \n\t-_=*#.!"
_WHOLE_SENTENCE = re.compile(r"[^\n]+?(?:[.!?。！？]+(?=\s|\Z)|(?=\n)|\Z)\s*|\s+")
"""A sentence whose addresses are not divided at their points."""

_HEAD = 1500
"""Banners are within this many characters of the beginning."""


def _may_hold(text: str, words: Collection[str]) -> bool:
    lowered = text.lower()
    return not text.isascii() or any(word in lowered for word in words)


def without_disclaimers(text: str) -> str:
    """Remove legal notices: from the sentence that begins one to the end of its paragraph."""
    if not _may_hold(text, _DISCLAIMER_WORDS):
        return text
    kept, dropping = [], False
    for sentence in _SENTENCE.findall(_WRAPPED.sub(" ", text)):
        dropping = dropping or _DISCLAIMER.match(sentence[:400]) is not None
        if not dropping:
            kept.append(sentence)
        dropping = dropping and "\n\n" not in sentence
    return "".join(kept)


def without_ending(text: str) -> str:
    """Remove what mail programs add, the closing, the names after it and the block of a signature."""
    if "\n" in text:
        text = _SIGNATURE.sub("", text).strip() or text
    text = _SENT_FROM.sub("", text).strip()
    start, tail = text[:-_TAIL], text[-_TAIL:]
    text = (start + _CLOSING.sub("", tail)).strip() or text
    if "\n" not in text:
        return text
    start, tail = text[:-_TAIL], text[-_TAIL:]
    text = (start + _THANKS.sub("", tail)).strip() or text
    return _without_signature_block(_RULE.sub("", text))


def without_greeting(text: str) -> str:
    """Remove a greeting at the beginning."""
    return _GREETING.sub("", text) or text


def _without_signature_block(text: str) -> str:
    """Remove the last paragraphs while they are the name, the role and the addresses of a person."""
    paragraphs = re.split(r"\n[ \t]*\n", text.strip())
    while len(paragraphs) > 1 and _is_signature(paragraphs[-1]):
        paragraphs.pop()
    return "\n\n".join(paragraphs)


def _is_signature(paragraph: str) -> bool:
    lines = [line.strip() for line in paragraph.split("\n") if line.strip()]
    if len(lines) > _MOST_LINES or any(len(line) > 80 for line in lines):
        return False
    if not lines:
        return True
    named = _NAME.fullmatch(lines[0].rstrip(",")) is not None and not any(map(str.isdigit, lines[0]))
    contacts = sum(_CONTACT.search(line) is not None for line in lines)
    if any(_SENTENCE_END.search(line) and not _ROLE.search(line) and not _CONTACT.search(line) for line in lines[1:]):
        return False
    if len(lines) == 1:
        return named
    return named and (
        contacts > 0
        or any(
            len(line.split()) <= 6 and (_ROLE.search(line) or line.istitle() or line.isupper()) for line in lines[1:]
        )
    )


def without_macros(text: str, macros: Collection[str]) -> str:
    """Remove sentences that begin like one of `macros` (in lower case); all of them stay where nothing else would be left."""
    beginnings = tuple(macros)
    lowered = text.lower()
    if not beginnings or not any(beginning in lowered for beginning in beginnings):
        return text
    sentences = [one for one in _SENTENCE.findall(text) if not one.lstrip().lower().startswith(beginnings)]
    return "".join(sentences) if any(one.strip(" .!?\n") for one in sentences) else text
