"""One-time codes: what a person types to confirm a login or a payment, and the backup codes of two-step verification."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import NamedTuple

from models.redaction.recognizers.approval_code import is_approval
from models.redaction.recognizers.hint_words import HintWords, near_digits
from models.redaction.recognizers.lowering import lowered, without_marks
from models.redaction.span import Span, without_overlaps

HINTS = (
    "cod", "código", "kod", "otp", "o.t.p", "2fa", "mfa", "tan", "one-time", "one time", "onetime", "g-",
    "κωδικ", "код", "пароль", "رمز", "كود", "کد", "कोड", "ओटीपी", "ওটিপি", "কোড", "รหัส", "mã", "码", "碼",
    "コード", "認証番号", "暗証", "パスワード", "인증", "코드", "קוד", "குறியீடு", "కోడ్", "密码",
    "t.a.n", "einmal", "to verify", "to log in", "to login", "to sign in", "to confirm", "to authenticate",
)  # fmt: skip
"""A part of every word for a code, in lower case."""

_HINTS = HintWords(HINTS)

_REACH = 70
"""Characters between a code and its word, and the words around that one, that are looked at."""

_LATIN_NOUN = (
    r"(?<![^\W\d_])(?:otps?|o\.t\.p\.?|one[-_ ]?time[- ]?(?:pass(?:word|code|phrase)?|pin|key|number)"
    r"|[a-zäöüß]{0,18}(?:code|kode|kod)s?"
    r"|c[oó]digos?|codici|codice|codul?|mfa|2fa|[a-z]{0,6}[- ]?(?<![a-z])m?tan|[a-z]{4,5}tan|t\.a\.n\.?"
    r"|einmal(?:passwort|kennwort|pin)|kod(?:u|um|un|unuz|unu"
    r"|umu|lar|y|em|en|ul)"
    r"|koodi|mã(?: (?:xác (?:minh|nhận|thực)|bảo mật|otp|pin))?|cód(?:\.|igo))(?![^\W\d_])"
)
_OTHER_NOUN = (
    r"κωδικ(?:ός|ο|ού|οί)?(?: επαλήθευσης| επιβεβαίωσης| ασφαλείας)?"
    r"|код(?:а|ом|у|е|ы|ов)?(?![а-я])|одноразов\w{2,3} пароль|رمز|كود|کد|कोड|ओटीपी|কোড|ওটিপি|รหัส|"
    r"(?:验证|驗證|校验|确认|確認|动态|動態|安全|认证|認證|登录|登入|激活|短信|授权)(?:码|碼|代码|代碼|密码|密碼)|代码|代碼"
    r"|認証番号|確認番号|暗証番号|コード|ワンタイムパスワード|인증 ?(?:번호|코드)|확인 ?(?:번호|코드)|코드|קוד|குறியீடு|కోడ్"
)

_STRONG = re.compile(
    without_marks(
        r"otp|o\.t\.p|one[-_ ]?time|2fa|mfa|two[-_ ]|2[-_ ]?step|verif|vérif|confirm|authent|auth\b|sms|text|log[-_ ]?in"
        r"|sign[-_ ]?in|acce|access|acess"
        r"|securi|seguri|segura|sécuri|sicurez|passcode|activa|backup|recovery|rescue|reset|valid|einmal|bestätig"
        r"|sicherheit|zugang|anmeld"
        r"|aktivier|freischalt|m?tan\b|t\.a\.n|onay|doğrulama|dogrulama|güvenlik|giriş|aktivasyon|konfirmasi|keamanan|masuk"
        r"|engång|weryfik|potwierdz"
        r"|ověř|autent|autoriz\w* de (?:acceso|login)|guard|sign|unlock|identi|xác|bảo mật"
        r"|подтвержд|провер|безопасн|доступ|вход|одноразов|смс|активац|авториз|التحقق|تحقق|تأكيد|التأكيد|الأمان|الدخول"
        r"|تفعيل|المرور"
        r"|تایید|فعال|सत्यापन|वेरिफि|पुष्टि|सुरक्षा|ओटीपी|ওটিপি|যাচাই|ยืนยัน|otp|验证|驗證|校验|确认|確認|动态|動態|安全|认证|認證|登录|登入|激活"
        r"|短信"
        r"|認証|暗証|ワンタイム|セキュリティ|인증|확인|보안|אימות|επαλήθευσης|επιβεβαίωσης|ασφαλείας"
    )
)
"""Words that make of a code one that confirms something."""

_OTHER_CODE = (
    r"error|err|erro|errore|erreur|fehler|fout|fel|hata|kesalahan|błędu|exit|status|response|return|result|reason"
    r"|decline|reject\w*|failure"
    r"|abort|stop|http|promo\w*|coupon|voucher|gift\W?card|discount|gutschein|rabatt|aktions|cupom|cupón|cupon|gift"
    r"|referral|referr?er|invit\w*|invite"
    r"|friend|creator|affiliate|partner|campaign|offer|deal|zip|postal|post|plz|country|länder|area|vorwahl|dial\w*"
    r"|std|isd|phone|region"
    r"|city|state|province|sort|swift|bic|bank|branch|routing|ifsc|iban|micr|clearing|merchant|mcc|category|product"
    r"|produkt|article|artikel"
    r"|item|sku|model|part|order|bestell|booking|reservation|buchungs|ticket|tracking|shipping|shipment|invoice"
    r"|batch|lot|qr|bar|bars?"
    r"|source|quell|class|color|colour|dress|currency|währungs|language|airport|airline|flight|train|course|station"
    r"|hs|tax|vat|steuer"
    r"|customs|tariff|event|machine|byte|morse|genetic|game|cheat|building|build|dtc|fault|trouble|diagnos\w*"
    r"|pincode|pin|employee|customer|kunden|client|cliente|vendor|supplier|store|shop|location|project|cost|account"
    r"|program|subject"
    r"|department|vehicle|licen[cs]e|redeem|redemption|reference|ref|charge|transaction|trans|alpha|iso|action|iata"
    r"|icao|nace|sic|cpt|icd"
    r"|hsn|sac|gtin|upc|ean|isin|unlock(?:ed)? level|diskon|kupon|indirim|ülke|posta|pos|rabatowy|pocztowy|negara"
    r"|telefon"
)
_BEFORE_OTHER = re.compile(
    rf"(?:(?<![^\W\d_])(?:{_OTHER_CODE})|ошиб\w*|промо|почтов\w*|скидк\w*|错误|錯誤|優惠|优惠|邮政|郵遞|国家|產品|产品|商品|订单|折扣|快递|物流|二维|条|條|エラー|クーポン|注文|製品|郵便"
    rf"|割引|支店|銀行|機種|오류|쿠폰|상품|주문|할인|국가|은행|지점|우편|त्रुटि)"
    r"[\s\-_]{0,2}\Z"
)
"""What before the word makes it a code of another kind."""

_COMPOUND_OTHER = re.compile(
    rf"(?:{_OTHER_CODE}|en|de|uni|vs|geo|xml|uni|trans|by|hard|no|low|pseudo|op|key|short|per|epi)(?:code|kode"
    rf"|kod)s?\Z"
)
_AFTER_OTHER = re.compile(
    r"[\s-]{0,2}(?:(?:de|del|da|do|di|d'|für|for|of|van|der|des|la|le|the)\s?)*"
    r"(?:erro|fehler|postal|promo|descuento|desconto|cup[oó]n|cupom|réduction|produ|barras|barre|país|pays|sconto"
    r"|penal|civil|pin\b|area|área"
    r"|ошиб|страны|товар|заказ|скидк|купон"
    r"|الطلب|المنتج|الدولة|خطأ|الخطأ|الخصم|خصم|البريد|تخفيف|দেশ|ส่วนลด|สินค้า|ไปรษณีย์|giảm giá|lỗi|בד|σφάλματος)"
)
"""What after the word makes it a code of another kind."""

_CONNECTORS = (
    r"is|was|were|be|it'?s|its|are|reads?|says?|said|shows?|this|that|here|the|my|your|our|a|an|number|no|nr|num"
    r"|ref|key|as|i|we|you|they|me|us"
    r"|got|get|received|receive|sent|send|came|come|given|gave|enter(?:ed)?|used|use|using|typed|put|to|in|on|by"
    r"|via|from|with|sms|text|email|e-mail|mail"
    r"|for (?:the |my |your )?(?:login|log-?in|sign-?in|verification|account|app|phone|number)|autori[zs]a\w{3,5}"
    r"|message|app|phone|google|whatsapp|tiktok|facebook|instagram|amazon|paypal|apple|telegram|microsoft|bank|just"
    r"|now|today|again|code|kode|pin"
    r"|verification|confirmation|authentication|authenticator|login|security|backup|recovery|codes|following|latest"
    r"|new|last|correct|first|second|still"
    r"|ist|lautet|war|mein|dein|ihr|der|die|nummer|von|zur|anmeldung|bestätigung|erhalten|habe|ich|kam|per|es|era"
    r"|fue|mi|tu|su|el|la|los|las|de|del"
    r"|número|numero|que|me|llegó|llego|recibí|recibi|enviaron|enviado|dio|verificación|verificacion|seguridad"
    r"|acceso|confirmación|confirmacion"
    r"|un|una|solo|uso|único|unico|inicio|sesión|sesion|autenticación|validación|activación|é|e|era|foi|meu|seu|o"
    r"|da|do|recebi|chegou|verificação|verificacao"
    r"|segurança|seguranca|confirmação|confirmacao|acesso|est|était|c'est|mon|ton|votre|le|du|reçu|j'ai"
    r"|vérification|sécurité|confirmation|accès|è|il|mio"
    r"|tuo|di|verifica|conferma|sicurezza|accesso|adalah|ialah|saya|kamu|anda|nya|yang|itu|ini|dari|verifikasi"
    r"|konfirmasi|keamanan|masuk|otp|benim|size"
    r"|gelen|onay|to|mój|twój|weryfikacyjny|potwierdzający|är|jest|là|của|tôi|bạn|xác|minh|nhận|thực|een|mijn"
)
_GAP = re.compile(
    rf"(?:[\s:=\-#*\"'()\[\]<>,;→➜|«»„“”‘’•~_]|(?<![^\W\d_])(?:{_CONNECTORS})(?![^\W_])"
    # In other scripts every word may be between: it is as short, and they hardly occur next to numbers of another kind.
    r"|[^\x00-\x7f\u00c0-\u024f\ue000-\uf8ff\u20a0-\u20bf。！？]|[:：]){0,60}+"
)
_LONG_GAP = re.compile(r"[^.!?\n\[\]]{0,50}?(?:\b(?:is|was|reads|lautet|ist|es|est|é|adalah)\b|:)[\s:=\"'*(]{0,5}")
"""Between a word that is no other code's and its code: anything that ends with "is"."""

_UNIT = (
    r"%|€|\$|£|¥|₹|usd|eur|gbp|inr|brl|rs\b|idr|rp\b|try\b|tl\b|rub|руб|mxn|euros?\b|dollars?\b|rupees?\b|pesos?\b"
    r"|reais\b|real\b|rupiah|yen|won|yuan"
    r"|times\b|x\b|days?\b|hours?\b|hrs?\b|mins?\b|ms\b|minutes?\b|sec|weeks?\b|months?\b|years?\b|people|users?\b"
    r"|customers?\b|points?\b|coins?\b"
    r"|gems?\b|orders\b|tickets\b|[ap]\.?m\b|km\b|kg\b|mb\b|gb\b|characters|digits"
)
_DIGITS = re.compile(
    r"(?<![0-9A-Za-z_$€£¥₹])(?:[A-Za-z]{1,2}-)?(?P<found>[0-9]{3}[ \-.][0-9]{3}|[0-9]{4}[ \-][0-9]{4}"
    r"|[0-9]{2}(?:[ \-][0-9]{2}){2,3}|[0-9](?:[ .\-][0-9]){3,7}"
    rf"|[0-9]{{4,8}})(?![0-9A-Za-z_]|[.:/\-][0-9]|,[0-9](?![0-9]?[\u0e00-\uffef])|[ ][0-9]|[ ]?(?:{_UNIT}))",
    re.IGNORECASE,
)
_DIGITS_AFTER_UNDERSCORE = re.compile(r"(?<=_)(?P<found>[0-9]{4,8})(?![0-9A-Za-z_]|[.:/\-][0-9])")
_TO_VERIFY = re.compile(
    r"(?<![^\W\d_])(?:use|enter|type)(?: the)? (?P<found>[0-9]{4,8}|[0-9]{3}[ \-][0-9]{3})"
    r" to (?:verify|log ?in|sign ?in|confirm|authenticate)(?![^\W\d_])"
)
_LABELED = re.compile(
    r"(?:[\"']?\s?(?:[:=]|is\b)[\s\"']{0,3}(?P<found>[0-9]{4,8})|\s(?P<six>[0-9]{6}))(?![0-9a-z_]|[.:/\-][0-9]|,[0-9]|[ ][0-9])"
)
"""A code right after its word: what follows it is no unit, as in "OTP: 739182 coins are missing"."""
_ALPHANUMERIC = re.compile(
    r"(?<![0-9A-Za-z_])(?=[A-Za-z]{0,7}[0-9])(?=[0-9]{0,7}[A-Za-z])(?P<found>[A-Za-z0-9]{5,8}"
    r"|[A-Za-z0-9]{3,4}-[A-Za-z0-9]{3,4})(?![0-9A-Za-z_\-])"
)
_BACKUP = re.compile(
    r"(?:backup|recovery|rescue|emergency|scratch|respaldo|recupera\w+|secours|wiederherstellungs|ersatz|резервн\w*"
    r"|备用|備用|バックアップ)"
)
_BACKUP_CODE = re.compile(
    r"[\s,;:|/*•\-]{0,6}(?:[0-9]{1,2}[.)]\s)?(?P<found>[0-9]{4}[ \-][0-9]{4}"
    r"|(?=[a-z0-9\-]*[0-9])[a-z0-9]{4,6}(?:-[a-z0-9]{4,6}){1,3}|[0-9]{5,10}"
    r"|(?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{6,12})(?![a-z0-9_])"
)
_GOOGLE = re.compile(r"(?<![0-9A-Za-z\-])G-(?P<found>[0-9]{6})(?![0-9A-Za-z]|-[0-9A-Za-z])")
_IS_YOUR = re.compile(
    r"[\s\"'*)\]>.,]{0,4}(?:is|are|was|es|ist|est|é|è|adalah|ialah|is|jest|är|это|—|-|:|=|\(|（|是|为|為|は|가|이|है|आपका"
    r"|আপনার|ваш|هو|as|to|als|como|comme|untuk|для|を)"
    r"[^.!?\n0-9\[\]]{0,45}\Z|[ \t\"'*)(（\[-]{0,3}\Z"
)
_PART = re.compile(
    r"[0-9A-Za-z][/.\-:]\Z|(?<![a-z])(?:order|ref|invoice|ticket|id|no\.?|nr\.?|date|pedido|rechnung)[ :=#]{1,3}(?:[a-z]{1,4}-)?\Z"
)
"""What before digits makes them a part of a date or an id, or the number of something else."""

_IS_FOUND = re.compile(r"[^0-9\n\[\]]{0,20}(?:\[[a-z_]+\]|[\ue000-\uf8ff])")
"""What follows a word whose code is found already: then a number before the word is another one."""

_POSSESSIVE = re.compile(
    r"(?<![^\W\d_])(?:your|my|ur|the|this|tu|su|mi|dein|ihr|mein|deine|votre|mon|ton|seu|meu|il tuo|tuo|anda|kamu"
    r"|saya|use|enter|type|input|sms|login"
    r"|sent|sends?|received|receive|got|expired|expires|text(?:ed)?|asks?|ask(?:ed|ing)|verify|incorrect|wrong"
    r"|invalid|work|works|working|uw|je"
    r"|gelen|gir|masukkan|ingres\w*|recib\w*|receb\w*|reçu|erhalten)(?![^\W\d_])"
)
_SAID = re.compile(r"\s(?:es|è|é|est|ist|lautet|adalah)\s")
_FAILURE = re.compile(
    r"(?:error|fail\w*|declin\w*|reject\w*|shows?|says?|with|gives?|got|get|getting|throws?|returns?|returned"
    r"|status|response|message|msg)\W{1,2}(?:the |a |an )?\Z"
)


class _Code(NamedTuple):
    """A word for a code, with its surroundings."""

    start: int
    end: int
    is_strong: bool


@cache
def _noun() -> re.Pattern[str]:
    return re.compile(without_marks(f"{_LATIN_NOUN}|{_OTHER_NOUN}"))


def code_spans(view: str) -> list[Span]:
    """Find one-time codes: 4 to 8 digits, also in groups, or 5 to 8 letters and digits, next to a word for a code.

    Words of some twenty languages count. Codes of errors, countries, products, discounts and others stay. A code without
    "verification" or the like needs a sign that a person received it ("your", "enter"), unless it has six digits.
    """
    lower = lowered(view)
    if not _HINTS.occur_in(lower):
        return []
    spans = [match.span("found") for match in _GOOGLE.finditer(view)]
    spans += [match.span("found") for match in _TO_VERIFY.finditer(lower)]
    for code in _codes(lower):
        spans += _after(lower, code) or _before(lower, code)
    return without_overlaps(spans)


def _codes(lower: str) -> Iterator[_Code]:
    """Yield the words for codes that are not codes of another kind."""
    noun = _noun()
    regions = near_digits(lower, _REACH)
    for match in chain.from_iterable(noun.finditer(lower, *region) for region in regions):
        start, end = match.span()
        before = lower[max(0, start - 25) : start]
        if before.endswith("[") or _BEFORE_OTHER.search(before) or _COMPOUND_OTHER.search(match[0]):
            continue
        if _AFTER_OTHER.match(lower, end) or is_approval(lower, start, end):
            continue
        yield _Code(start, end, _STRONG.search(lower, max(0, start - 20), min(end + 25, len(lower))) is not None)


def _after(lower: str, code: _Code) -> list[Span]:
    """Find the code, or the list of backup codes, that follows a word."""
    if _BACKUP.search(lower, max(0, code.start - 20), code.end):
        return _backup_codes(lower, code.end)
    gap = _GAP.match(lower, code.end, code.end + _REACH)
    end = gap.end() if gap else code.end
    for position in _starts(lower, code.end, end):
        found = _DIGITS.match(lower, position) or _DIGITS_AFTER_UNDERSCORE.match(lower, position)
        if found and _is_likely(lower, code, found):
            return [found.span("found")]
        if code.is_strong and position > code.end and (found := _ALPHANUMERIC.match(lower, position)):
            return [found.span("found")]
    if code.is_strong and (found := _LABELED.match(lower, code.end)):
        return [found.span(found.lastgroup or 0)]
    return _after_sentence(lower, code) if code.is_strong else []


def _starts(lower: str, start: int, end: int) -> Iterator[int]:
    # The gap may have taken the letter and dash that some codes begin with, as in "code: F-48291".
    yield end
    for back in (2, 3):
        if end - back > start and lower[end - 1] == "-":
            yield end - back


def _after_sentence(lower: str, code: _Code) -> list[Span]:
    gap = _LONG_GAP.match(lower, code.end, code.end + _REACH)
    found = _DIGITS.match(lower, gap.end()) if gap else None
    return [found.span("found")] if found else []


def _backup_codes(lower: str, start: int) -> list[Span]:
    gap = _GAP.match(lower, start, start + _REACH)
    position = gap.end() if gap else start
    spans = []
    while found := _BACKUP_CODE.match(lower, position):
        spans.append(found.span("found"))
        position = found.end()
    return spans


def _is_likely(lower: str, code: _Code, found: re.Match[str]) -> bool:
    """Return whether digits after a word are a one-time code, which the word alone may not say."""
    if code.is_strong:
        return True
    digits = sum(map(str.isdigit, found["found"]))
    before = lower[max(0, code.start - 25) : code.start]
    if digits == 6:
        return not re.search(r"error|fehler|erro\b|ошиб", before)
    if _FAILURE.search(before):
        return False
    around = lower[max(0, code.start - 30) : found.start("found")], lower[found.end() : found.end() + 40]
    if _SAID.search(lower, code.end, found.start("found")):
        return True
    return not lower[code.start].isascii() or any(_POSSESSIVE.search(part) for part in around)


def _before(lower: str, code: _Code) -> list[Span]:
    """Find the code in "482913 is your code"."""
    if _IS_FOUND.match(lower, code.end):
        return []
    first = max(0, code.start - _REACH, lower.rfind("\n", 0, code.start) + 1)
    for found in _DIGITS.finditer(lower, first, code.start):
        between = _IS_YOUR.match(lower, found.end(), code.start)
        is_received = code.is_strong or not lower[code.start].isascii() or _POSSESSIVE.search(lower, first, code.start)
        if between and is_received and not _PART.search(lower, first, found.start()):
            return [found.span("found")]
    return []
