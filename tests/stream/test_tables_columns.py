"""The guess which column is which field: by names and by values, and what is asked for where neither is sure."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.recognition.table import recognize_table
from stream.tables.column_values import column_values
from stream.tables.columns import CUSTOM, DROPPED, guess_columns, not_sure
from stream.tables.headers import label, plain
from stream.tables.mapping import ColumnMapping


def table(text: str, mark: str = ",") -> tuple[list[str], list[dict[str, str]]]:
    """The header and the rows of a small table."""
    rows = list(csv.reader(io.StringIO(text.strip()), delimiter=mark))
    return rows[0], [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def fields(text: str, mark: str = ",") -> dict[str, str]:
    """The field of each column."""
    return {one.column: one.field for one in guess_columns(*table(text, mark)).guesses}


def question(text: str, mapping: ColumnMapping | None = None) -> str | None:
    """What is asked for a table."""
    header, sample = table(text)
    return recognize_table("tickets.csv", header, sample, mapping or ColumnMapping(), sample).question()


@pytest.mark.parametrize(
    ("header", "same"),
    [
        ("Ticket ID", "ticketid"), ("ticket_id", "ticketid"), ("TicketId", "ticketid"), ("Erstellt am", "erstelltam"),
        ("Region [list]", "region"), ("App version [txt]", "appversion"), ("Custom field (Platform)", "platform"),
        ("Payment_Method__c", "paymentmethod"), ("cf_region", "region"), ("Créé le", "creele"),
        ("Conversation started at (UTC)", "conversationstartedat"),
        ("お問い合わせ内容", "問い合わせ内容"), ("  E-Mail  ", "email"), ("Nº de ticket", "nodeticket"),
    ],
)  # fmt: skip
def test_headers_are_looked_up_without_what_systems_add(header, same):
    """Case, accents, marks, list suffixes, custom-field prefixes and zones do not matter."""
    assert plain(header) == same


def test_a_label_keeps_the_name_of_a_custom_field():
    """Only what the system added is taken away."""
    assert label("Custom field (Order number)") == "Order number"


def test_a_subject_that_is_the_title():
    """`subject` is the title where the tickets have an id of their own."""
    found = fields(
        "id,subject,description,created_at\n9001,Refund,Charged twice,2026-11-01T08:00:00Z\n9002,Refund,Gift,2026-11-01T08:05:00Z"
    )
    assert found == {"id": "subject", "subject": "title", "description": "body", "created_at": "time"}


@pytest.mark.parametrize(
    ("first", "second"), [("T-00000", "T-00001"), ("5158", "5159"), ("PAY-1", "PAY-2"), ("a3f0c1", "b77e02")]
)
def test_a_subject_that_is_the_ticket(first, second):
    """`subject` is the ticket where it is unique per row and has the shape of an id."""
    found = fields(
        f"subject,time,title,body\n{first},2026-11-01,Refund,I paid twice\n{second},2026-11-01,Refund,I paid twice"
    )
    assert found == {"subject": "subject", "time": "time", "title": "title", "body": "body"}


def test_a_subject_of_one_row_in_a_table_of_our_own_fields():
    """A single row is read like many."""
    assert fields("subject,time,title,body\nT1,2026-11-01T08:00:00Z,a,b")["subject"] == "subject"


def test_events_of_our_own_have_their_ids():
    """A table with the names of the envelope keeps them."""
    found = fields(
        "id,source,type,time,subject,body\n"
        "e1,/desk,ticket.created,2026-11-01T08:00:00Z,T-1,I paid twice\n"
        "e2,/desk,ticket.solved,2026-11-01T09:00:00Z,T-1,"
    )
    assert found == {
        "id": "id",
        "source": "source",
        "type": "type",
        "time": "time",
        "subject": "subject",
        "body": "body",
    }


def test_each_column_is_used_once():
    """Of two columns for one field the more certain one is taken; the other one is kept as it is."""
    found = fields(
        "Ticket ID,Issue key,Created,Date,Summary,Title,Description\n"
        "1,PAY-1,2026-11-01 08:00,2026-11-02,Refund,Mr,I paid twice\n"
        "2,PAY-2,2026-11-01 08:05,2026-11-02,Card,Ms,My card was declined"
    )
    assert (found["Ticket ID"], found["Created"], found["Description"]) == ("subject", "time", "body")
    assert (found["Issue key"], found["Date"]) == (CUSTOM, CUSTOM)
    assert sorted(found.values()).count("title") == 1


def test_people_are_the_requester_or_left_out():
    """Addresses and telephone numbers are the requester, who is hashed, or not kept; never in `custom`, never an id."""
    found = fields(
        "Number,Opened,Subject,Contact,Reach at,Line\n"
        "1,2026-11-01 08:00,Refund for me,u-1,ana@example.com,+1 415 555 2671\n"
        "2,2026-11-01 08:05,Card declined,u-2,teo@example.com,(415) 555-2672"
    )
    assert found == {
        "Number": "subject", "Opened": "time", "Subject": "title", "Contact": "requester", "Reach at": DROPPED, "Line": DROPPED,
    }  # fmt: skip


def test_an_address_alone_is_the_requester():
    """Where nothing else says who asked, the address does."""
    found = fields(
        "Ticket,Created,Text,E-mail\n1,2026-11-01,I paid twice,ana@example.com\n2,2026-11-01,No refund,teo@example.com"
    )
    assert found["E-mail"] == "requester"


def test_ids_that_are_addresses_are_no_ids():
    """A column of addresses named like an id is not taken for one."""
    text = "Ticket,Created,Text\nana@example.com,2026-11-01,I paid twice\nteo@example.com,2026-11-02,No refund came"
    assert fields(text)["Ticket"] != "subject"
    assert "which column is the ticket's id" in (question(text) or "")


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("Ticketnummer;Erstellt am;Betreff;Beschreibung;Priorität;Gruppe", "subject time title body priority team"),
        ("N° de ticket;Créé le;Objet;Description;Priorité;Groupe", "custom time title body priority team"),
        (
            "Número de ticket;Fecha de creación;Asunto;Descripción;Prioridad;Grupo",
            "subject time title body priority team",
        ),
        ("Número do chamado;Criado em;Assunto;Descrição;Prioridade;Grupo", "subject time title body priority team"),
        ("チケットID;作成日時;件名;説明;優先度;グループ", "subject time title body priority team"),
        ("工单编号;创建时间;主题;描述;优先级;组", "subject time title body priority team"),
        ("ticket_no;opened_at;short_description;details;urgency;queue", "subject time title body priority team"),
        ("CaseNumber;CreatedDate;Subject;Description;Priority;Team", "subject time title body priority team"),
    ],
)
def test_names_in_the_usual_languages(header, wanted):
    """German, French, Spanish, Portuguese, Japanese and Chinese tables are recognised by their headers."""
    rows = "\n".join(
        f"77{n};2026-11-0{n} 08:00;Refund {'of' * n} it;I paid twice and got nothing {n};high;Payments"
        for n in (1, 2, 3)
    )
    found = fields(f"{header}\n{rows}", ";")
    assert list(found.values()) == wanted.replace("custom", "subject").split()


def test_columns_without_names_are_recognised_by_their_values():
    """Where no header says it, the only column of ids, of times and of sentences are the ticket, its time and its text."""
    header = "one;two;three;four"
    rows = "\n".join(f"K-{n};2026-11-0{n} 08:00;I paid {n} times and got nothing;x" for n in (1, 2, 3))
    assert list(fields(f"{header}\n{rows}", ";").values()) == ["subject", "time", "body", CUSTOM]


def test_what_is_not_sure_is_asked_for_with_its_candidates():
    """Two columns of ids and two of sentences: the question names them, and how to answer."""
    text = "aa,bb,cc,dd,ee\n" + "\n".join(
        f"K-{n},Z-{n},2026-11-0{n} 08:00,I paid {n} times and got nothing,We looked at it for {n} days"
        for n in (1, 2, 3)
    )
    asked = question(text) or ""
    assert "which column is the ticket's id ('aa' or 'bb')" in asked
    assert "which column is the text ('dd' or 'ee')" in asked
    assert "the file has aa, bb, cc, dd, ee" in asked


def test_a_mapping_answers_what_is_asked():
    """What the mapping names is taken, and only the rest is guessed."""
    text = "aa,bb,cc,dd\n" + "\n".join(
        f"K-{n},Z-{n},2026-11-0{n} 08:00,I paid {n} times and got nothing" for n in (1, 2, 3)
    )
    assert question(text) is not None
    assert question(text, ColumnMapping(columns={"subject": ("bb",)})) is None
    assert question(text, ColumnMapping(constants={"subject": "all"})) is None


def test_the_order_of_day_and_month_is_asked_for_once():
    """A column that shows neither order is a question; one row anywhere in the file that shows it answers."""
    text = "Ticket,Created,Text\n1,03/04/2026 10:00,I paid twice\n2,05/06/2026 10:00,No refund came"
    assert "3 April or 4 March" in (question(text) or "")
    header, sample = table(text)
    later = [*sample, {"Ticket": "3", "Created": "31/10/2026 09:00", "Text": "Gift"}]
    found = recognize_table("tickets.csv", header, sample, ColumnMapping(), later)
    assert found.question() is None
    assert found.mapping.times.day_first is True


def test_times_of_a_ticket_show_the_order_for_each_other():
    """A system writes all its times in one way: the day above 12 of one column decides for the other."""
    header, sample = table(
        "Ticket,Created,Resolved,Text\n1,03/04/2026 10:00,14/04/2026 10:00,I paid twice\n2,05/04/2026 10:00,,No refund"
    )
    assert recognize_table("t.csv", header, sample, ColumnMapping(), sample).mapping.times.day_first is True


@pytest.mark.parametrize(
    ("header", "row", "wanted"),
    [
        (
            "number,opened_at,sys_created_on,short_description,description,caller_id,priority,state,assignment_group,assigned_to",
            "INC001{n},2026-11-01 08:0{n}:00,2026-11-01 08:0{n}:02,VPN down,No VPN since the patch,Abel T,2 - High,New,Net,Beth",
            "subject time custom title body requester priority status team -",
        ),
        (
            "Ticket id,Ticket subject,Channel,Status,Created datetime,Closed datetime,Customer email,Customer id,Assignee user,Tags",
            "90{n},Where is my order,email,open,2026-11-01T08:0{n}:00.000Z,,ana{n}@mail.example,5{n},jon,vip",
            "subject title channel status time solved_at - requester - tags",
        ),
        (
            "Ticket ID,Ticket name,Ticket description,Ticket status,Create date,Close date,Priority,Source,Ticket owner,Contact of",
            "118{n},Refund,The refund did not arrive {n},New,2026-11-01 08:0{n},,High,FORM,Jon B,Ana (ana{n}@mail.example)",
            "subject title body status time solved_at priority channel - -",
        ),
        (
            "review_id,rating,review,at,app_version,platform,country",
            "a8f-{n},1,App crashes after each update,2026-11-01 08:0{n}:00,3.1,ios,DE",
            "subject csat body time app_version platform region",
        ),
        (
            "uuid,createdAt,customerMessage,lang",
            "1b4e28ba-2fa1-11d2-883f-0016d3cca42{n},176200000{n}000,I paid twice again,en",
            "subject time body language",
        ),
    ],
    ids=["itsm", "shop desk", "crm", "reviews", "application"],
)  # fmt: skip
def test_exports_of_other_systems(header, row, wanted):
    """Systems that have no module of their own are read by the usual names and by the values."""
    found = fields("\n".join([header, *(row.format(n=number) for number in range(1, 6))]))
    assert [one or "-" for one in found.values()] == wanted.split()


def test_date_and_time_of_day_in_two_columns():
    """A date and the time of day next to it are one time."""
    header, sample = table(
        "id,time,date,message\n1,08:15:00,2026-11-01,I paid twice again\n2,09:45:00,2026-11-01,I cannot log in"
    )
    found = recognize_table("t.csv", header, sample, ColumnMapping(), sample)
    assert found.question() is None
    assert found.mapping.columns["time"] == ("date", "time")
    (event,) = found.connector().events(sample[0])
    assert event["time"] == "2026-11-01T08:15:00+00:00"


def test_columns_that_identify_a_ticket_together():
    """Several columns of the mapping are one id: their values, or a digest of what is longer or about people."""
    header, sample = table(
        "store,till,created,text\n7,4,2026-11-01 08:15,I paid twice\n7,5,2026-11-01 09:15,No receipt"
    )
    mapping = ColumnMapping(columns={"subject": ("store", "till")})
    connector = recognize_table("t.csv", header, sample, mapping, sample).connector()
    assert [connector.events(row)[0]["subject"] for row in sample] == ["7-4", "7-5"]
    mapping = ColumnMapping(columns={"subject": ("created", "text")})
    connector = recognize_table("t.csv", header, sample, mapping, sample).connector()
    ids = [connector.events(row)[0]["subject"] for row in sample]
    assert len(set(ids)) == 2
    assert all(len(one) == 24 and "paid" not in one for one in ids)


def test_of_several_times_the_creation_is_taken():
    """Among columns of times whose names are not known, the one that speaks of the creation is the time."""
    found = fields(
        "Key,Moment of creation,Moment of closure,Text\n1,2026-11-01 08:15,2026-11-02 08:15,I paid twice\n"
        "2,2026-11-01 09:15,2026-11-02 09:15,No receipt came"
    )
    assert found["Moment of creation"] == "time"


def test_numbers_that_repeat_are_no_channel():
    """A code is no channel, and a count is no text."""
    found = fields(
        "Ticket,Created,Text,Source,Comments\n1,2026-11-01,I paid twice,4,2\n2,2026-11-02,No refund came,4,3"
    )
    assert (found["Source"], found["Comments"]) == (CUSTOM, CUSTOM)


def test_shapes_of_values():
    """Shares are of the values that are not blank."""
    _, rows = table("a,b\nT-1,2026-11-01\nT-2,2026-11-02\nn/a,\n")
    ids, times = column_values(rows, "a"), column_values(rows, "b")
    assert (ids.count, ids.unique, ids.ids, ids.is_key) == (2, 1.0, 1.0, True)
    assert (times.times, times.dated) == (1.0, 1.0)
    assert column_values(rows, "c").count == 0


CELLS = st.one_of(
    st.text(max_size=20),
    st.just(""),
    st.none(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.dates(),
    st.lists(st.text(max_size=5), max_size=3),
)


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6, unique=True).flatmap(
    lambda header: st.tuples(st.just(header), st.lists(st.fixed_dictionaries(dict.fromkeys(header, CELLS)), max_size=5))
))  # fmt: skip
def test_any_table_is_guessed_or_asked_for(drawn):
    """Whatever the cells are, every column has one field, and every field but tags has one column."""
    header, sample = drawn
    guess = guess_columns(header, sample)
    assert [one.column for one in guess.guesses] == header
    named = [one.field for one in guess.guesses if one.field not in (CUSTOM, DROPPED, "tags")]
    assert len(named) == len(set(named))
    assert set(not_sure(guess)) <= {"subject", "time", "body"}
