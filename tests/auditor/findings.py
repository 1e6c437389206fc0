"""What an audit found wrong, by family, with the place in the log."""

SHOWN_MAX = 50  # of one family; the rest is counted


class Findings:
    def __init__(self):
        self.by_family = {}
        self.checked = {}

    def add(self, family, where, text):
        self.by_family.setdefault(family, []).append(f"{where}: {text}")

    def count(self, family, number=1):
        """So much was looked at, right or wrong: an audit that checked nothing must not look like one that found nothing."""
        self.checked[family] = self.checked.get(family, 0) + number

    def expect(self, right, family, where, text):
        """Counts one check; adds a finding unless `right`. `text` may be a function, called only when it is needed."""
        self.count(family)
        if not right:
            self.add(family, where, text() if callable(text) else text)
        return right

    @property
    def sound(self):
        return not self.by_family

    def lines(self):
        for family, found in sorted(self.by_family.items()):
            yield from (f"{family}: {text}" for text in found[:SHOWN_MAX])
            if len(found) > SHOWN_MAX:
                yield f"{family}: and {len(found) - SHOWN_MAX} more"

    def __str__(self):
        return "\n".join(self.lines())
