"""Summary: the parts of a module and how many parameters each has, as text and as a table for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from numpynet.nn.modules.module import Module


class Row(NamedTuple):
    """One part: its path in the model, what it is, the shapes of its own parameters, and how many numbers these are."""

    path: str
    what: str
    shapes: str
    numbers: int


class Summary:
    """What `Module.summary` returns: print it, or let a notebook show it.

    rows: of the parts that have parameters of their own or no parts. Parameters that several parts share count once.
    """

    def __init__(self, module: Module) -> None:
        self.title = module._get_name()
        self.rows: list[Row] = []
        seen: set[int] = set()
        for path, part in module.named_modules():
            own = [(name, one) for name, one in part._parameters.items() if one is not None and id(one) not in seen]
            if own or not part._modules:
                seen.update(id(one) for _, one in own)
                shapes = ", ".join(f"{name} {'×'.join(map(str, one.shape)) or '()'}" for name, one in own)
                what = repr(part) if not part._modules else part._get_name()
                self.rows.append(Row(path, what.split("\n")[0], shapes, sum(one.numel() for _, one in own)))
        everything = list(module.parameters())
        self.parameters = sum(one.numel() for one in everything)
        self.trainable = sum(one.numel() for one in everything if one.requires_grad)
        self.bytes = sum(one.nbytes for one in everything)

    @property
    def total(self) -> str:
        """The last line."""
        frozen = self.parameters - self.trainable
        kept = f", {frozen:,} of them frozen" if frozen else ""
        return f"{self.parameters:,} parameters{kept}, {self.bytes:,} bytes"

    def __repr__(self) -> str:
        lines = [(row.path, row.what, row.shapes, f"{row.numbers:,}") for row in self.rows]
        widths = [max((len(line[column]) for line in lines), default=0) for column in range(4)]
        table = [
            f"  {path:<{widths[0]}}  {what:<{widths[1]}}  {shapes:<{widths[2]}}  {count:>{widths[3]}}"
            for path, what, shapes, count in lines
        ]
        return "\n".join([self.title, *table, self.total])

    def _repr_html_(self) -> str:
        from html import escape  # takes its time to import, and is seldom wanted

        rows = "".join(
            f"<tr><td><code>{escape(row.path)}</code></td><td>{escape(row.what)}</td><td>{escape(row.shapes)}</td>"
            f"<td style='text-align:right'>{row.numbers:,}</td></tr>"
            for row in self.rows
        )
        head = "<tr><th>part</th><th>module</th><th>shapes</th><th>parameters</th></tr>"
        return (
            f"<table><caption>{escape(self.title)}: {escape(self.total)}</caption><thead>{head}</thead>"
            f"<tbody>{rows}</tbody></table>"
        )
