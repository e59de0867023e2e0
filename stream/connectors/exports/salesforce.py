"""Salesforce Service Cloud's tables: reports of cases, and the object Case as the Data Loader and the weekly export write it."""

from __future__ import annotations

from stream.connectors.exports.export_system import ExportSystem, named

SYSTEM = ExportSystem(
    name="salesforce",
    source="/salesforce",
    marks=frozenset(
        named(
            "case number,case origin,case owner,date time opened,date time closed,case reason,isescalated,supplied email,"
            "supplied name,case record type,suppliedphone,casenumber,businesshoursid,entitlementid,case owner alias,"
            "kundenvorgangsnummer"
        )
    ),
    usual=frozenset(
        named(
            "subject,description,status,priority,account name,contact name,opened date,closed date,type,escalated,age,"
            "origin,reason,id,created date,last modified date,contactid,accountid,ownerid,parent case,parentid,product,"
            "web email,contact email,systemmodstamp"
        )
    ),
    columns={
        # The object's own id has 18 characters; people and mails use the number.
        "subject": named("case number,casenumber,kundenvorgangsnummer,case id,id"),
        "title": named("subject"),
        "body": named("description,case description,case comments"),
        "time": named("date time opened,created date,createddate,opened date,date opened"),
        "updated_at": named("last modified date,lastmodifieddate,case last modified date,systemmodstamp"),
        "solved_at": named("date time closed,closed date,closeddate"),
        "status": named("status"),
        "deleted": named("isdeleted,is deleted"),
        "requester": named(
            "contact id,contactid,supplied email,suppliedemail,web email,contact email,contact name,account id,accountid"
        ),
        "channel": named("case origin,origin"),
        "escalated": named("escalated,isescalated"),
        "team": named("case owner role,owner role,queue,team"),
        "product": named("product,product name,productid"),
    },
    values={
        "channel": {"email-to-case": "email", "web-to-case": "web_form", "web": "web_form", "community": "web_form"}
    },
)
