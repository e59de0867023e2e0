"""Jira's tables: the CSV exports of searches, of Jira and of Jira Service Management, with repeated columns."""

from __future__ import annotations

import re

from stream.connectors.exports.export_system import ExportSystem, named

COMMENT = re.compile(r"([^;\n]{6,40});([^;\n]*);(.*)", re.DOTALL)
"""Time, author and text; the text may hold more semicolons and lines."""

VISIBILITY = re.compile(r";\s*(?:role:|group:|\[?\{?\"?(?:visibility|internal|public)\"?\b)[^;\n]*$")


def read_comment(cell: str) -> tuple[str, str, str] | None:
    """Split `12/Nov/26 3:40 PM;author;text` into its parts; None for a text of another shape."""
    found = COMMENT.fullmatch(cell.strip())
    if found is None:
        return None
    time, author, text = found.groups()
    return time.strip(), author.strip(), VISIBILITY.sub("", text).strip()


SYSTEM = ExportSystem(
    name="jira",
    source="/jira",
    marks=frozenset(
        named(
            "issue key,issue id,project key,project lead,fix versions,affects versions,vorgangsschlussel,vorgangs id,"
            "cle de ticket"
        )
    ),
    usual=frozenset(
        named(
            "key,summary,issue type,status,priority,resolution,assignee,reporter,creator,created,updated,resolved,"
            "last viewed,due date,labels,description,comment,components,environment,votes,watchers,zusammenfassung,"
            "vorgangstyp,autor,erstellt,aktualisiert,erledigt,stichworter,beschreibung,kommentar,resume,cree"
        )
    ),
    columns={
        "subject": named("issue key,key,vorgangsschlussel,schlussel,cle de ticket,cle,clave de incidencia,clave"),
        "title": named("summary,zusammenfassung,resume,resumen"),
        "body": named("description,beschreibung,descripcion"),
        "time": named("created,erstellt,cree,cree le,creada,criado"),
        "updated_at": named("updated,aktualisiert,mis a jour"),
        "solved_at": named("resolved,erledigt,resolu,resuelta,resolution date"),
        "status": named("status,etat,estado"),
        "requester": named("reporter id,reporter,autor,rapporteur,creator id,creator"),
        "priority": named("priority,prioritat"),
        "tags": named("labels,stichworter,etiquettes,etiquetas"),
        "comments": named("comment,comments,kommentar,commentaire"),
        "channel": named("request channel type,channel,request channel"),
        "team": named("team,assigned team,support team"),
        "csat": named("satisfaction,satisfaction rating,request satisfaction"),
    },
    values={
        "channel": {"portal": "web_form", "anonymousportal": "web_form", "help_center": "web_form", "jira": "web_form"}
    },
    read_comment=read_comment,
)
