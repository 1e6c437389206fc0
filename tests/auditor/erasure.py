"""Persons who asked to be erased: nothing new is taken from them, the key goes before anybody says so, and at rest all of it is done."""

CUSTOMER_EVENTS = {"CustomerRegistered", "AddressUpdated", "ErasureRequested", "CustomerErased"}
SAGA_EVENTS = {"OrdersFound", "KeyDestroyed", "ErasureParked", "ErasureRetried"}
IN_FLIGHT_US = 60 * 1_000_000  # what was sealed before the key went may be committed a little later


def person_of(name):
    """The key's owner: a customer, or the order of somebody who is none."""
    return "per_" + name[4:]


class Fold:
    def __init__(self, findings):
        self.findings = findings
        self.requested = {}  # person -> event
        self.destroyed = {}  # person -> when
        self.erased = set()
        self.parked = {}

    def expect(self, right, event, text):
        return self.findings.expect(right, "erasure", event.where, lambda: f"{event.name}: {text}")

    def take_customer(self, event):
        if not self.expect(event.name in CUSTOMER_EVENTS, event, "the auditor has no rule for it: give it one in tests/auditor/erasure.py"):
            return
        person = person_of(event["customer_id"])
        if event.name in ("CustomerRegistered", "AddressUpdated"):
            self.expect(person not in self.requested, event, "takes personal data of somebody who has asked to be erased")
        else:
            self.take_end(person, event, event.name == "CustomerErased")

    def take_order(self, event):
        if event.name in ("BuyerErasureRequested", "BuyerErased"):
            self.take_end(person_of(event["order_id"]), event, event.name == "BuyerErased")

    def take_end(self, person, event, is_end):
        if not is_end:
            self.expect(person not in self.erased, event, "was erased before")
            self.requested.setdefault(person, event)
            return
        self.expect(person in self.requested, event, "nobody has asked for it")
        self.expect(person in self.destroyed, event, "no saga says that the key is destroyed")
        self.expect(person not in self.erased, event, "was erased before")
        self.erased.add(person)

    def take_saga(self, event):
        if not self.expect(event.name in SAGA_EVENTS, event, "the auditor has no rule for it: give it one in tests/auditor/erasure.py"):
            return
        person = event["person"]
        self.expect((event["customer"] is None) != (event["order"] is None), event, "is about both a customer and an order, or about neither")
        self.expect(person == person_of(event["customer"] or event["order"]), event, f"{person} is somebody else")
        self.expect(person in self.requested, event, "nobody has asked for it")
        if event.name == "KeyDestroyed":
            self.destroyed.setdefault(person, event.commit.time)
        elif event.name == "ErasureParked":
            self.parked[person] = event
        elif event.name == "ErasureRetried":
            self.parked.pop(person, None)

    def check_sealed(self, log):
        """Of the whole log: what is sealed for somebody was so before the key went."""
        for event in log.events():
            for field in ("profile", "address", "ship_to", "note"):
                sealed = event.fields.get(field)
                when = self.destroyed.get(sealed["person"]) if isinstance(sealed, dict) else None
                self.expect(when is None or event.commit.time <= when + IN_FLIGHT_US, event, f"its {field} is sealed under a key that was destroyed")

    def check_rest(self):
        for person, event in self.requested.items():
            self.expect(person in self.erased, event, f"{person} was never erased")
        for person, event in self.parked.items():
            self.expect(person in self.erased, event, f"{person} is parked: {event['reason']}")
