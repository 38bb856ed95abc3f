"""What a delivery says, read out of an exported record: its content, its sender's id, its times."""

import datetime
import decimal
import fractions
import hashlib
import json
import re
import urllib.parse

# The documented types of fields; what is not named here is text.
INTEGERS = ("agent_id", "attempt_id", "bucket_id", "cc_attempt_seq", "cc_resource_id", "communication_id",
            "destination_seq", "member_id", "queue_id", "user_id")
NUMBERS = ("call_bill_sec", "call_duration", "call_sip_code", "call_voice_sec")
BOOLEANS = ("chat_transferred", "use_processing")
TIMES = ("bridged_at", "joined_at", "timestamp")

# Nanoseconds in a second, a millisecond, a microsecond and a nanosecond: told apart by magnitude.
UNITS_NS = (10**9, 10**6, 10**3, 1)
YEAR_2000_NS, YEAR_2100_NS = 946_684_800 * 10**9, 4_102_444_800 * 10**9
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def read(record):
    """The record with what the SQL needs of it beside the columns that it has."""
    if not record.get("event") and not record.get("observation"):
        return record
    address, payload = record.get("address") or {}, said(record)
    if payload is None:
        return record
    stated = [time_ns((address.get("envelope") or {}).get("time")), time_ns(payload.get("timestamp"))]
    carried = {name: span(payload.get(name)) for name in ("joined_at", "bridged_at")}
    own = [span((address.get("envelope") or {}).get("time")), span(payload.get("timestamp"))]
    own = [known for known in own if known[0] is not None and known[0] == record.get("occurred_at")]
    return record | {
        "payload": payload,
        "content": content(record.get("event") or record["observation"], payload),
        "sender": sender(address, payload),
        "is_stated": record.get("occurred_at") in [milliseconds(at) for at in stated if at is not None],
        "states_time": time_ns((address.get("envelope") or {}).get("time")) is not None or "timestamp" in payload,
        "latest_at": own[0][1] if own else record.get("occurred_at"),
        "carried_joined_at": carried["joined_at"][0],
        "carried_joined_latest": carried["joined_at"][1],
        "carried_bridged_at": carried["bridged_at"][0],
        "carried_bridged_latest": carried["bridged_at"][1],
    }


def said(record):
    """The fields of the body, without those that say nothing; None where it is no object."""
    payload = record.get("payload")
    if record.get("payload_text") is not None:
        payload = body(record["payload_text"], (record.get("address") or {}).get("media_type"))
    if not isinstance(payload, dict):
        return None
    return {name: value for name, value in payload.items() if value not in (None, "")}


def body(text, media_type):
    """A body that is kept as it was sent: a form, else JSON."""
    if media_type == "application/x-www-form-urlencoded":
        return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
    try:
        # Half a surrogate pair is read as U+FFFD.
        return json.loads(re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(json.loads(text), ensure_ascii=False)))
    except ValueError:
        return None


def sender(address, payload):
    """The id that the sender gave. Source and id of an envelope are one id together."""
    envelope = address.get("envelope") or {}
    if envelope.get("id"):
        return json.dumps([str(envelope.get("source") or ""), str(envelope["id"])])
    own = address.get("id") or payload.get("event_id")
    return None if own is None or isinstance(own, (dict, list)) else plain(own)


def content(event, payload):
    """Equal for deliveries that say the same, as a hash."""
    typed_fields = {name: typed(name, value) for name, value in payload.items()}
    text = json.dumps(typed_fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Ties between deliveries are broken by this text, in which numbers stand without quotation marks.
    text = re.sub(r'"\\u0000([^"]*)"', r"\1", text)
    return hashlib.sha256(f"{event.lower()}\n{text}".encode()).hexdigest()


def typed(name, value):
    """A value by the type of its field; by its text where it has none, or is not of it."""
    if isinstance(value, (dict, list)):
        return value
    if name in TIMES and time_ns(value) is not None:
        return time_ns(value)
    if name in BOOLEANS and plain(value) in ("true", "1", "false", "0"):
        return plain(value) in ("true", "1")
    if name in INTEGERS and re.fullmatch(r"[+-]?\d+(\.0+)?", plain(value), re.ASCII):
        return int(plain(value).split(".")[0])
    if name in NUMBERS and NUMBER.fullmatch(plain(value)):
        return significant(plain(value))
    return plain(value)


def significant(text):
    """A number by its significant digits and the power of ten that the last of them counts, marked as one."""
    with decimal.localcontext(prec=decimal.MAX_PREC, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN):
        sign, digits, power = decimal.Decimal(text).normalize().as_tuple()
    return f"\0{'-' * sign}{''.join(map(str, digits))}e{power}" if any(digits) else "\0" "0"


class Spelled(float):
    """A number with the digits that were sent."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def plain(value):
    """A text as it is, a number as its digits were sent, anything else as JSON spells it."""
    if isinstance(value, Spelled):
        return value.text
    return value if isinstance(value, str) else json.dumps(value)


def time_ns(value):
    """The instant that a value states, in nanoseconds since 1970; None for what is no time."""
    if value is None or isinstance(value, (bool, dict, list)):
        return None
    text = plain(value)
    if NUMBER.fullmatch(text):
        number = fractions.Fraction(text)
        readings = [number * unit for unit in UNITS_NS if YEAR_2000_NS <= number * unit < YEAR_2100_NS]
        if readings:
            return readings[0] // 1
        # Of no unit's century: milliseconds, and not plausible.
        return int(number) * 10**6 if number.denominator == 1 else None
    match = RFC_3339.fullmatch(text)
    if not match:
        return None
    day, clock, fraction, zone = match.groups()
    at = datetime.datetime.fromisoformat(f"{day}T{clock}{zone.upper().replace('Z', '+00:00')}")
    return int(at.timestamp()) * 10**9 + fractions.Fraction(f"0{fraction or '.0'}") * 10**9 // 1


def span(value):
    """The first and the last millisecond that a stated time can mean: a whole second is all of that second."""
    first = milliseconds(time_ns(value))
    if first is None:
        return None, None
    text = plain(value)
    if NUMBER.fullmatch(text):
        number = fractions.Fraction(text)
        is_second = number.denominator == 1 and YEAR_2000_NS <= number * 10**9 < YEAR_2100_NS
    else:
        is_second = "." not in text
    return first, first + 999 if is_second else first


def milliseconds(at_ns):
    """Cut to whole milliseconds; None also for what 64 bits do not hold."""
    if at_ns is None or not -(2**63) <= at_ns // 10**6 < 2**63:
        return None
    return at_ns // 10**6
