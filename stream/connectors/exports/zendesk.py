"""Zendesk's tables: exports of tickets and of views, in English, German, French, Spanish and Portuguese."""

from __future__ import annotations

from stream.connectors.exports.export_system import ExportSystem, named
from stream.connectors.zendesk.fields import CHANNELS

SYSTEM = ExportSystem(
    name="zendesk",
    source="/zendesk",
    marks=frozenset(
        named(
            "summation column,requester external id,requester domain,group stations,assignee stations,via channel,"
            "first reply time in minutes,first reply time in minutes within business hours,"
            "first resolution time in minutes,full resolution time in minutes,agent wait time in minutes,"
            "requester wait time in minutes,initially assigned at,satisfaction score,ticket type,ticket form,"
            "requester organization,problem id,anfragender,anfragesteller,mitarbeiterstationen,zufriedenheitswert"
        )
    ),
    usual=frozenset(
        named(
            "id,subject,description,requester,requester id,requester email,requested,submitter,assignee,group,status,"
            "priority,via,tags,created at,updated at,assigned at,solved at,organization,due date,type,brand,reopens,"
            "replies,resolution time,betreff,angefragt,erstellt am,aktualisiert,aktualisiert am,prioritat,kanal,gruppe,"
            "mitarbeiter,gelost am,objet,demandeur,statut,priorite,groupe,assigne,demande le,asunto,solicitante,estado,"
            "prioridad,grupo,agente asignado,assunto,prioridade,criado em,atualizado em"
        )
    ),
    columns={
        "": named("summation column"),
        "subject": named("id,ticket id,ticket"),
        "title": named("subject,raw subject,betreff,objet,sujet,asunto,assunto"),
        "body": named("description,first comment,comment,beschreibung"),
        "time": named(
            "created at,requested,request date,erstellt am,angefragt,erstellt,cree le,demande le,creado,criado em"
        ),
        "updated_at": named("updated at,updated,status updated at,aktualisiert am,aktualisiert"),
        "solved_at": named("solved at,solved,gelost am,gelost"),
        "status": named("status,statut,estado"),
        "requester": named("requester id,requester,requester email,anfragender,anfragesteller,demandeur,solicitante"),
        "channel": named("via,via channel,channel,kanal,canal"),
        "team": named("group,gruppe,groupe,grupo"),
        "csat": named("satisfaction score,satisfaction rating,satisfaction,zufriedenheitswert,zufriedenheit"),
        "tags": named("tags,schlagworter,stichworter"),
        "language": named("locale,language,requester language"),
    },
    values={
        "channel": {
            **CHANNELS,
            "web_widget_(classic)": "web_form",
            "web_service_(api)": "api",
            "closed_ticket": "web_form",
            "x_corp_(formerly_twitter)": "social",
        }
    },
)
