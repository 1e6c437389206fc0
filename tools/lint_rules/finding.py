"""What a rule reports: where, which rule, what is wrong and what to do about it."""
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    path: str
    line: int
    rule: str
    problem: str
    remedy: str
    warning: bool = False  # counted and shown, but does not fail

    def text(self) -> str:
        kind = "warning" if self.warning else "error"
        return f"{self.path}:{self.line}: {kind}: [{self.rule}] {self.problem}\n    remedy: {self.remedy}"
