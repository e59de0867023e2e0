"""Generated requests in spoken style that hold given names, days, places and brands, of which none belongs into a name."""

from __future__ import annotations

from random import Random

_SLOTS = {
    "person": [
        "bob",
        "anna",
        "mike",
        "sarah",
        "john",
        "emma",
        "david",
        "lisa",
        "peter",
        "maria",
        "tom",
        "julia",
        "kevin",
        "laura",
    ],
    "city": ["london", "paris", "berlin", "tokyo", "madrid", "chicago", "boston", "sydney"],
    "day": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "tomorrow"],
    "month": ["january", "february", "march", "april", "june", "july", "august"],
    "item": ["jacket", "shoes", "dress", "lamp", "phone case", "backpack", "jeans", "headphones", "sweater", "toaster"],
    "shop": ["nike", "zara", "amazon", "ikea", "target"],
    "song": ["yesterday", "hello", "thriller", "imagine", "bohemian rhapsody"],
    "artist": ["adele", "queen", "the beatles", "michael jackson", "rihanna", "coldplay"],
    "food": ["pizza", "sushi", "burgers", "pad thai", "tacos", "curry"],
    "number": ["two", "three", "five", "seven", "nine"],
}

_REQUESTS = {
    "make call": [
        "call {person}", "call {person} please", "please ring {person} for me", "make a call to {person}",
        "start a video call with {person}", "i want to make a call to {person}", "phone {person} at the office",
    ],
    "add calendar event": [
        "add lunch with {person} to my calendar for {month} {number}", "put dentist in my calendar on {day}",
        "create a calendar event for {day}", "add {day} meeting with {person} to calendar",
        "new event in my calendar for {month}", "calendar {month} {number} birthday party for {person}",
    ],
    "set alarm": [
        "set an alarm for {number} am", "wake me up at {number}", "set alarm {day} at {number}",
        "i need an alarm for {day} morning", "set a new alarm for {day}", "set the alarm please",
    ],
    "weather forecast": [
        "what's the weather in {city}", "will it rain in {city} on {day}", "weather forecast for {city} this week",
        "is it going to be sunny in {city}", "tell me the forecast for {day}", "show me the weather forecast",
    ],
    "play music": [
        "play {song} by {artist}", "play some music by {artist}", "put on {artist}", "i want to listen to {artist}",
        "play my workout playlist", "play the song {song}", "play music please",
    ],
    "order food": [
        "order {food} from the place in {city}", "i want to order {food}", "can you order me some {food}",
        "order {food} for dinner {day}", "order takeaway food", "order food for {number} people",
    ],
    "book flight": [
        "book a flight to {city}", "i need a flight to {city} on {day}", "find me a cheap flight to {city} in {month}",
        "book a plane ticket to {city} for {person}", "i want to book a flight for {day}",
    ],
    "wrong size received": [
        "i received the wrong size {item}", "the {item} i got is the wrong size", "wrong size of {item} was sent",
        "my {item} came in the wrong size", "size of the {item} from {shop} is wrong", "received wrong size again",
    ],
    "item arrived damaged": [
        "the {item} arrived broken", "my {item} was damaged in the box", "{item} came with a crack",
        "the item i received is damaged", "received a broken {item} from {shop}", "the {item} has a hole in it",
    ],
    "refund not received after cancellation": [
        "i cancelled my order and the refund has not arrived", "no refund yet for the order i cancelled on {day}",
        "i haven't received my refund after cancelling the {item}", "cancelled in {month}, still waiting for the refund",
        "where is my refund, i cancelled {number} weeks ago", "refund not received after cancellation",
    ],
    "discount code rejected": [
        "my discount code is not accepted", "the promo code for {shop} does not work", "coupon rejected at checkout",
        "discount code says expired", "can't apply the voucher to my {item}", "the coupon code gets rejected",
    ],
    "change delivery address": [
        "change the delivery address of my order to {city}", "i moved to {city}, please update the shipping address",
        "wrong delivery address on my order", "update the address for delivery on {day}",
        "please deliver to {person}'s house instead", "how do i change the delivery address",
    ],
}  # fmt: skip


def requests(each: int, seed: int) -> tuple[list[str], list[str]]:
    """Generate texts, and for each what it asks for; `each` is the number of texts of each kind."""
    rng = Random(seed)
    texts, labels = list[str](), list[str]()
    for label, templates in _REQUESTS.items():
        for _ in range(each):
            filled = rng.choice(templates).format(**{name: rng.choice(words) for name, words in _SLOTS.items()})
            texts.append(
                f"{rng.choice(('', '', 'hi ', 'hey um ', 'so '))}{filled}{rng.choice(('', ' please', ' thanks'))}"
            )
            labels.append(label)
    return texts, labels
