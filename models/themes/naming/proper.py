"""Words that name a person, a day, a month or a place: a name of a theme does not depend on who wrote, when, and from where."""

from __future__ import annotations

from models.themes.naming.words import words_of

_DAYS = words_of(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues thu thur thurs fri today tomorrow yesterday tonight "
    "january february march april june july august september october november december "
    "lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio agosto septiembre setiembre "
    "octubre noviembre diciembre segunda terça quarta quinta sexta janeiro fevereiro março maio junho julho setembro outubro "
    "novembro dezembro lundi mardi mercredi jeudi vendredi samedi dimanche janvier février avril juin juillet août septembre octobre "
    "novembre décembre montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz juni juli oktober dezember "
    "lunedì martedì mercoledì giovedì venerdì sabato domenica gennaio febbraio aprile maggio giugno luglio settembre ottobre "
    "dicembre maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari maart augustus"
)
"""Weekdays and months in seven languages; "may" is a function word of English."""

_PERSONS = words_of(
    "aaron abigail adam adrian ahmed aisha alan alberto alejandro alex alexander alexandra alfred alice alicia alison amanda amber "
    "amy ana andrea andreas andrew andy angela anita anna anne annie anthony antonio arthur ashley barbara ben benjamin beth betty "
    "bob bobby bradley brandon brenda brian bruce bruno camila carl carla carlos carol caroline catherine cathy charles charlie "
    "charlotte chloe chris christian christina christine christopher cindy claire claudia colin craig cynthia daniel daniela danny "
    "dave david deborah denise dennis derek diana diane diego dmitry donald donna dorothy doug douglas dylan eduardo edward elena "
    "elizabeth ella ellen emily emma eric erik esther ethan eva evelyn fatima felipe fernando fiona francesca francis francisco "
    "gabriel gary george gerald gloria gonzalo greg gregory gustavo hannah harold harry heather heidi helen helena henry howard hugo "
    "ian igor ingrid irene isabel isabella ivan jack jacob jacqueline jake james jamie jan jane janet janice jason javier jean jeff "
    "jeffrey jennifer jenny jeremy jerry jesse jessica jill jim jimmy joan joanna joe joel johannes john johnny jonas jonathan jorge "
    "jose josef joseph josh joshua joyce juan judith judy julia julian julie justin karen karl kate katherine kathleen kathryn katie "
    "keith kelly ken kenneth kevin kim klaus kyle larry laura lauren laurie leah lena leo leon leonardo linda lisa liz lorenzo louis "
    "louise lucas lucia lucy luis luisa luke lydia maggie manuel marco margaret maria marie marina mario marta martha martin martina "
    "mary mateo matt matthew maurice max megan melanie melissa michael michel michelle miguel mike mohamed mohammed monica monika "
    "muhammad nancy natalia natalie natasha nathan neil nicholas nick nicolas nicole nina noah nora oliver olivia omar oscar pablo "
    "pamela patricia patrick paul paula pauline pedro peter petra phil philip philipp priya rachel rafael ralph raul raymond rebecca "
    "renata ricardo richard rita robert roberto robin rodrigo roger roland roman ron ronald rosa russell ruth ryan sam samantha "
    "samuel sandra santiago sara sarah scott sean sebastian sergio sharon shirley silvia simon sofia sonia sophia sophie stefan "
    "stefanie stephanie stephen steve steven stuart susan sylvia tara ted teresa theresa thomas tim timothy tina todd tom tommy tony "
    "tracy tyler ursula valentina valeria vanessa vera veronica victoria vincent virginia vladimir walter wanda wayne wendy werner "
    "william wolfgang yolanda yusuf zachary zoe"
)
"""Frequent given names in the statistics of births of several countries, without those that are words of English as well."""

_COUNTRIES = words_of(
    "afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas bahrain bangladesh barbados "
    "belarus belgium belize benin bhutan bolivia botswana brazil brunei bulgaria burundi cambodia cameroon canada chile china "
    "colombia congo croatia cuba cyprus czechia denmark dominica ecuador egypt eritrea estonia ethiopia fiji finland france gabon "
    "gambia germany ghana greece greenland grenada guatemala guyana haiti honduras hungary iceland india indonesia iran iraq ireland "
    "israel italy jamaica japan kazakhstan kenya kosovo kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein "
    "lithuania luxembourg macao madagascar malawi malaysia maldives mali malta mauritania mauritius mexico moldova monaco mongolia "
    "montenegro morocco mozambique myanmar namibia nepal netherlands nicaragua niger nigeria norway oman pakistan palestine panama "
    "paraguay peru philippines poland portugal qatar romania russia rwanda senegal serbia singapore slovakia slovenia somalia spain "
    "sudan suriname sweden switzerland syria taiwan tajikistan tanzania thailand togo tunisia turkmenistan uganda ukraine uruguay "
    "uzbekistan venezuela vietnam yemen zambia zimbabwe uk usa eu uae england scotland wales europe asia africa america americas york"
)
_CITIES = words_of(
    "amsterdam athens atlanta auckland austin bangkok barcelona beijing belfast belgrade berlin birmingham bogota boston brisbane "
    "brussels bucharest budapest cairo canberra caracas chicago cologne copenhagen dallas delhi denver detroit dhaka dubai dublin "
    "edinburgh frankfurt geneva glasgow hamburg hanoi helsinki houston istanbul jakarta jerusalem johannesburg karachi kolkata kyiv "
    "lagos leeds lima lisbon london lyon madrid manchester manila melbourne miami milan minneapolis montreal moscow mumbai munich "
    "nairobi naples osaka oslo ottawa paris philadelphia portland porto prague rome rotterdam santiago seattle seoul seville shanghai "
    "singapore stockholm stuttgart sydney taipei tehran tokyo toronto turin valencia vancouver venice vienna warsaw washington "
    "wellington zagreb zurich"
)

PLACES = _COUNTRIES | _CITIES
"""Words, in lower case, that name a country, a continent or a large city, without those that are words of English as well."""


def is_unnamed(word: str) -> bool:
    """Return whether a lower-case word is in no name and no keyword: a given name, a weekday or a month."""
    return word in _PERSONS or word in _DAYS
