"""What must not be readable in the log: personal data outside its sealed box, and card numbers anywhere."""
import re

BOX_OVERHEAD = 24 + 16  # a nonce and a tag
DIGITS = re.compile(r"(?<![0-9A-Za-z_-])(?:\d[ -]?){13,19}(?![0-9A-Za-z_-])")
ID = r"[a-z]{3}_[0-9a-f]{32}"
NAMED = rf"((customer|order|principal)={ID}|action=(rebuild|verify|promote|discard|cancel)(&generation=\d+)?)"
QUERY = rf"(\?{NAMED}(&{NAMED})*)?"
TARGET = re.compile(r"(/[\w.%~-]+|/\(other\))+" + QUERY)
# Of what was refused or is not there, a path holds words of the API, and ids, alone.
WORDS = """access-log address adjustments admin calculate cancel changes checkout cohorts commit compensate customers erasure erasures export exports history imports me orders pairs payment payments
    products projections receipts refund refunds release reports reservations retry sagas sales shipments shipping skip status stock timeline track v1 work""".split()
REFUSED = re.compile(rf"(/({'|'.join(WORDS)}|{ID}|\(other\)))+" + QUERY)


def is_card_number(text):
    digits = [int(c) for c in text if c.isdigit()]
    doubled = sum(d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(reversed(digits)))
    return 13 <= len(digits) <= 19 and digits[0] in (3, 4, 5, 6) and doubled % 10 == 0


def check(log, findings):
    for event in log.events():
        check_table(event.fields, event, findings)
        if event.commit.kind == "access":
            check_accesses(event, findings)
    for commit in log.commits:
        findings.expect("@" not in commit.actor, "privacy", commit.where, "the actor looks like an address")


def check_accesses(event, findings):
    """Who looked at what: ids and words of the API, nothing that somebody typed in."""
    for access in event["accesses"]:
        form = REFUSED if access["status"] >= 400 else TARGET
        findings.expect(form.fullmatch(access["target"]), "privacy", event.where, f"{event['principal']} looked at something that is no path of the API")


def check_table(table, event, findings):
    for name, kind, _, _, _ in table.schema:
        value = table[name]
        if kind.endswith("Sealed") and value is not None and value["box"]:
            box = value["box"]
            sealed = len(box) >= BOX_OVERHEAD and not box.isascii()
            findings.expect(sealed and value["person"], "privacy", event.where, f"{name} of {event.name} is not sealed")
        elif isinstance(value, str) and kind == "string":
            findings.expect(not any(is_card_number(found[0]) for found in DIGITS.finditer(value)), "privacy", event.where, f"{name} of {event.name} holds a card number")
        elif isinstance(value, list) and value and hasattr(value[0], "schema"):
            for item in value:
                check_table(item, event, findings)
