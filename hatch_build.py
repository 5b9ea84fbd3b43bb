"""README as package indexes show it: with the whole address of what lies in the repository."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

#: Links of Markdown, and pictures of HTML, that are neither addresses nor places on the page.
_LINK = re.compile(r"(\]\()(?![a-z]+:|#)([^)]+)")
_PICTURE = re.compile(r"(\bsrc(?:set)?=\")(?![a-z]+:)([^\"]+)")


class WholeAddresses(MetadataHookInterface):
    """Sets the readme of the package; its links lead to the tag of the version."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put the text into the metadata, which have the address and the version already."""
        readme = Path(self.root, "README.md").read_text(encoding="utf-8")
        text = with_whole_addresses(readme, metadata["urls"]["Source"], f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def with_whole_addresses(text: str, source: str, tag: str) -> str:
    """Let every link and picture lead to a repository, at a tag.

    Examples
    --------
    >>> with_whole_addresses("[a](docs/a.md#b)", "https://example.org/x", "v1")
    '[a](https://example.org/x/blob/v1/docs/a.md#b)'
    >>> with_whole_addresses('<img src="a.svg">', "https://example.org/x", "v1")
    '<img src="https://example.org/x/raw/v1/a.svg">'
    """
    text = _LINK.sub(rf"\g<1>{source}/blob/{tag}/\g<2>", text)
    return _PICTURE.sub(rf"\g<1>{source}/raw/{tag}/\g<2>", text)
