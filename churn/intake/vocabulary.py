"""The words of column names and cells that `churn init` knows, in English and German, in plain lower-case letters."""

from churn.contracts.declaration import TenureUnit


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ID = _words("id customerid clientid accountid userid nr no number nummer key msisdn uuid kundennummer")
CUSTOMER = _words("customer client account user subscriber member kunde kunden kundennummer kundennr konto")
ROW = _words("row rownumber index unnamed zeile lfd")

MONTHLY = _words("monthly month monthlycharge monthlycharges mrr arpu monatlich monat monats")
MONEY = _words(
    "charge charges fee fees price amount revenue value bill payment cost spend mrr arpu rent preis grundpreis betrag "
    "gebuehr umsatz beitrag"
)
PART_OF_MONEY = _words("avg average mean extra")
NO_MONTHLY_VALUE = _words("total lifetime cltv clv ltv plan type method status code class churn")
AMOUNTS = _words("charge charges fee fees price amount revenue refund refunds balance preis betrag gebuehr umsatz")
REASON = _words("reason reasons cause motive grund gruende kuendigungsgrund motif raison motivo")

TENURE = _words("tenure tenuremonths tenureinmonths monthsonbook vertragsdauer kundendauer dauer")
LENGTH = _words("length duration months monate")
LENGTH_OF = _words("account subscription contract customer relationship membership service network")
AGE_OF = _words("account subscription contract relationship membership network")
START = _words(
    "start since joined join signup registered registration activation activated beginn created opened onboarding "
    "eintritt vertragsbeginn kundeseit seit"
)
UNITS: dict[TenureUnit, tuple[str, ...]] = {
    "days": _words("day days tage tagen jours"),
    "weeks": _words("week weeks wochen"),
    "months": _words("month months mos monate monaten mois"),
    "years": _words("year years yrs jahre jahren ans"),
}

CHURN = _words(
    "churn churned exited attrition left cancelled canceled terminated attrited leaver abwanderung gekuendigt "
    "kuendigung abgewandert closed lost"
)
STATUS = _words("status state flag label zustand")
END = _words(
    "end ended leaving left termination terminated cancel cancelled canceled cancellation churn churned exit "
    "vertragsende kuendigung kuendigungsdatum ende austritt"
)
LEFT_WORDS = frozenset(
    [
        *_words("churned churn left gone exited attrited cancelled canceled terminated closed lost inactive leaver"),
        *_words("deactivated gekündigt gekuendigt inaktiv ex-customer former disconnected expired abgewandert ended"),
        *("attrited customer", "unsubscribed"),
    ]
)
"""Words in cells that say by themselves that a customer left."""

PERSONAL = _words(
    "phone telephone tel telefon telefonnummer mobile mobil handy fax email emailaddress address adresse anschrift "
    "street strasse hausnummer surname lastname firstname vorname nachname fullname username latitude longitude lat "
    "lon lng coordinates zip zipcode postcode postalcode plz iban ssn passport note notes notiz notizen comment "
    "comments remark remarks bemerkung geburtsort birthplace"
)
NAME_OF = frozenset(_words("name first last full customer contact user given family client"))
NO_PERSON = _words("calls minutes count charge charges usage service services lines messages")
SENSITIVE = _words(
    "age alter gender sex geschlecht birth birthday birthdate birthyear dob geburt geburtsdatum geburtsjahr marital "
    "married zivilstand familienstand nationality nationalitaet citizenship race ethnicity ethnic religion konfession "
    "disability health pregnant children kinder dependent dependents dependants senior pension"
)
AFTER = _words("reason cltv clv ltv winback grund kuendigungsgrund lifetimevalue")
STATUS_OF = frozenset(_words("status customer account subscription contract member kunden"))
CODES = _words("id code zip plan type group class segment tariff category region level status")

SQL_WORDS = frozenset(
    _words(
        "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create "
        "cross current_date current_role current_time current_timestamp current_user default deferrable desc distinct "
        "do else end except false fetch for foreign from full grant group having in index initially inner intersect "
        "into is join lateral leading left like limit localtime localtimestamp natural not null offset on only or "
        "order outer placing primary references returning right row rows select session_user similar some symmetric "
        "table then to trailing true union unique user using values variadic when where window with"
    )
)
"""Words that cannot be the name of a column without quotes."""
