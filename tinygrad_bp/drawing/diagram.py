"""`Diagram`: a `graphviz.Digraph` that draws without a system Graphviz."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import graphviz

from ..saving import write
from .accessible import accessible
from .render import TIME_LIMIT, render

_MIME_TYPES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpeg"}


class Diagram(graphviz.Digraph):  # type: ignore[misc] # graphviz has no types
    """A drawn graph, as `tinygrad_bp.draw` returns it.

    All that a `graphviz.Digraph` does works here too, in a notebook and on a machine without a
    system Graphviz: ``.source``, ``.pipe()``, ``.render()``. What only the system's can do (PDF
    and other formats, its renderers and formatters) is left to it.

    Attributes
    ----------
    text : str
        The graph as lines of text, which is shown where no picture can be.
    title, description : str
        What is read out instead of a picture; written into SVG.
    time_limit : float
        Seconds that a picture may take.
    """

    text: str = ""
    title: str = ""
    description: str = ""
    time_limit: float = TIME_LIMIT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"format": "svg", **kwargs})

    def copy(self) -> Diagram:
        """Return a copy that can be changed on its own."""
        copied: Diagram = super().copy()
        for name in ("text", "title", "description", "time_limit"):
            setattr(copied, name, getattr(self, name))
        return copied

    def pipe(
        self,
        format: str | None = None,
        renderer: str | None = None,
        formatter: str | None = None,
        neato_no_op: bool | int | None = None,
        quiet: bool = False,
        *,
        engine: str | None = None,
        encoding: str | None = None,
    ) -> bytes | str:
        """Return the picture, as `graphviz.Digraph.pipe` does.

        Raises
        ------
        RenderError
            If it cannot be drawn.
        """
        format = (format or self.format).lower()
        if renderer or formatter or neato_no_op:
            drawn: bytes | str = super().pipe(
                format=format,
                renderer=renderer,
                formatter=formatter,
                neato_no_op=neato_no_op,
                quiet=quiet,
                engine=engine,
                encoding=encoding,
            )
            return drawn
        picture = self._picture(format, engine)
        return picture if encoding is None else picture.decode(encoding)

    def _picture(self, format: str, engine: str | None = None) -> bytes:
        picture = render(
            self.source, format, engine=engine or self.engine, time_limit=self.time_limit
        )
        if format == "svg":
            return accessible(picture, self.title, self.description)
        return picture

    @property
    def _render(self) -> Callable[..., str]:
        """What `graphviz.Digraph.render` draws with, once it has saved the source."""

        def draw(engine: str, format: str, filepath: Any, **options: Any) -> str:
            special = any(options.get(key) for key in ("renderer", "formatter", "neato_no_op"))
            if special:
                drawn: str = graphviz.render(engine, format, filepath, **options)
                return drawn
            return self._draw_beside(Path(filepath), engine, format, options)

        return draw

    def _draw_beside(self, saved: Path, engine: str, format: str, options: dict[str, Any]) -> str:
        target = Path(options.get("outfile") or f"{saved}.{format}")
        if options.get("raise_if_result_exists") and target.exists():
            raise graphviz.FileExistsError(f"output file exists: {os.fspath(target)!r}")
        if target.resolve() == saved.resolve() and not options.get("overwrite_filepath"):
            raise ValueError(
                f"outfile {target.name!r} must be different from the source file; pass "
                "overwrite_source=True to override"
            )
        write(target, self._picture(format, engine))
        return os.fspath(target)

    # --- in a notebook, where nothing may raise --------------------------------------------

    def _repr_mimebundle_(
        self,
        include: Iterable[str] | None = None,
        exclude: Iterable[str] | None = None,
        **_: Any,
    ) -> dict[str, bytes | str]:
        wanted = set(include) if include is not None else {"image/svg+xml"}
        wanted -= set(exclude or ())
        bundle: dict[str, bytes | str] = {"text/plain": self.text or self.source}
        for kind in sorted(wanted & _MIME_TYPES.keys()):
            try:
                picture = self._picture(_MIME_TYPES[kind])
            except Exception as error:
                bundle["text/plain"] = f"{self.text or self.source}\n({error})"
            else:
                bundle[kind] = picture.decode() if kind == "image/svg+xml" else picture
        return bundle

    def _repr_svg_(self) -> str | None:
        try:
            return self._picture("svg").decode()
        except Exception:
            return None
