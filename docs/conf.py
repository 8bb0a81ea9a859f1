"""How Sphinx builds the documentation site: make docs."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

from docutils.nodes import Element, SkipNode
from docutils.utils.math import latex2mathml
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.inspect import TypeAliasForwardRef
from sphinx.util.nodes import make_refnode

import fastemb
from fastemb.plots.fonts import font_for

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import draw_one_hot  # noqa: E402
from reference_pages import public_names, write_reference  # noqa: E402

from bench import chart  # noqa: E402

project = "fastemb"
author = "the fastemb authors"
project_copyright = author
version = release = fastemb.__version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
html_theme = "furo"
html_title = f"fastemb {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1f6f8b", "color-brand-content": "#1f6f8b"},
    "dark_css_variables": {"color-brand-primary": "#6cc3de", "color-brand-content": "#6cc3de"},
}
html_show_sphinx = False
html_math_renderer = "mathml"
copybutton_exclude = ".linenos, .gp, .go"
show_warning_types = True
suppress_warnings = ["myst-nb.lexer"]  # of pages that are not run, and so have no kernel

# Pages: Markdown, with the anchors that GitHub gives to headings.
myst_enable_extensions = ["colon_fence", "dollarmath", "amsmath"]
myst_heading_anchors = 3

# Tutorials: every cell runs in a new folder at every build; one that fails ends the build.
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_merge_streams = True
nb_output_stderr = "remove"  # progress; a cell that fails ends the build

# The reference: docstrings are Google's, `one` names a Python object and ``one`` is code.
default_role = "py:obj"
autosummary_generate = False  # reference_pages.py writes the pages
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_member_order = "alphabetical"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
autodoc_type_aliases = {name: f"numpy.typing.{name}" for name in ("ArrayLike", "DTypeLike")}
autodoc_type_aliases |= dict.fromkeys(("Array", "Floats", "Ids", "Ints", "Matrix"), "numpy.ndarray")
TypeAliasForwardRef.__repr__ = lambda alias: str(alias.name)  # type: ignore[method-assign]  # for those within another type
python_maximum_signature_line_length = 88
nitpicky = True
linkcheck_timeout = 20
linkcheck_retries = 2
# Types of Python's library and of NumPy, and names that stand for several types, have no page here.
nitpick_ignore_regex = [
    ("py:class", r"(collections|datetime|fsspec|np|numpy|os|pathlib|re|torch|typing)\..*"),
    ("py:class", r"[A-Z]\w*|dtype|generic|timedelta|'numpy\.typing\.\w+'"),
    ("py:class", r"fastemb\.(_native|classify|fasttext|io|layers|models\.(?:interface|tags)|scale)\..*"),  # results
    ("py:class", r"fastemb\.(spaces|train|vectors)\.(?!keyedvectors).*"),
    ("py:exc", r"[A-Z]\w*"),
]

# Where the site has what stands outside docs/: pages include those files.
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",
    "README.zh-CN.md": "zh.md",
    "SECURITY.md": "security.md",
    "bench/NOTEBOOK.md": "benchmarks/notebook.md",
    "bench/README.md": "benchmarks/how.md",
    "csrc/README.md": "explanation/step.md",
    "docs/guide": "guide/index.md",
}
LINK = re.compile(r"(!?\[[^\]]*\])\(([^)#:\s]+)((?:#[^)\s]*)?)\)")

# A page that needs what is not installed is shown without its results, and says so.
NEEDS = re.compile(r"^<!-- page needs: ([\w. :]+) -->$", re.MULTILINE)


def is_there(name: str) -> bool:
    """Whether a package, or a font with Chinese characters, is installed."""
    if name == "font:chinese":
        try:
            font_for("中文", None)
        except ValueError:
            return False
        return True
    return importlib.util.find_spec(name) is not None


def missing(page: Path) -> list[str]:
    """What a page needs and what is not installed."""
    found = NEEDS.search(page.read_text(encoding="utf-8"))
    return [name for name in found[1].split() if not is_there(name)] if found else []


LEFT_OUT = {page.relative_to(HERE).as_posix(): missing(page) for page in sorted((HERE / "tutorials").glob("*.md"))}
nb_execution_excludepatterns = [page for page, names in LEFT_OUT.items() if names]


def change_page(app: Sphinx, name: str, content: list[str]) -> None:
    """Take the pictures that this build drew, and put a note into a page that is not run."""
    content[0] = content[0].replace("](../pictures/", "](/made/pictures/")
    names = LEFT_OUT.get(f"{name}.md")
    if names:
        print(f"docs/{name}.md is shown, but not run; not installed: {', '.join(names)}", file=sys.stderr)
        note = f":::{{note}}\nThis page was built without {', '.join(names)}: its code was not run.\n:::"
        content[0] = NEEDS.sub(note, content[0])


def change_included(app: Sphinx, path: Path, parent: str, content: list[str]) -> None:
    """Links of a file outside docs/, which are relative to it, as the site has them."""
    folder = (HERE / path).resolve().parent

    def on_the_site(found: re.Match[str]) -> str:
        text, target, anchor = found.groups()
        there = (folder / target).resolve().relative_to(HERE.parent).as_posix()
        if there == "docs/speed.png":
            return f"{text}(/made/speed.png)"
        if there in PAGES:
            return f"{text}(/{PAGES[there]}{anchor})"
        if there.startswith("docs/") and there.endswith(".md"):
            return f"{text}(/{there.removeprefix('docs/')}{anchor})"
        if text.startswith("!"):
            raise ExtensionError(f"{path}: the site does not have the picture {target}")
        shown = text[1:-1].strip("`")
        return f"`{there}`" if there.endswith(shown) else f"{shown} (`{there}`)"  # in the repository alone

    content[0] = LINK.sub(on_the_site, content[0])


def draw_pictures() -> None:
    """The pictures that programs of the repository draw, into docs/made."""
    made = HERE / "made"
    (made / "pictures").mkdir(parents=True, exist_ok=True)
    chart.draw(json.loads((HERE.parent / "bench" / "results.json").read_text()), made / "speed.png")
    draw_one_hot.draw_all(made / "pictures")


COLON = "\ue000"  # a character that no docstring has


def hide_colons(app: Sphinx, what: str, name: str, value: object, options: Any, lines: list[str]) -> None:
    """Types stand in the annotations; without this, Napoleon reads "The score: ..." after Returns as a type."""
    returns = [row + 1 for row, line in enumerate(lines) if line.strip() == "Returns:"]
    first = [0] if what in ("attribute", "data", "property") else []
    for row in first + returns:
        if row < len(lines):
            lines[row] = lines[row].replace(":", COLON)


def show_colons(app: Sphinx, what: str, name: str, value: object, options: Any, lines: list[str]) -> None:
    """Undo `hide_colons`."""
    lines[:] = [line.replace(COLON, ":") for line in lines]


def find_public(app: Sphinx, env: BuildEnvironment, node: pending_xref, text: Element) -> Element | None:
    """A name in a docstring that is public in another module: `KeyedVectors.build_index` in fastemb.index."""
    if node.get("refdomain") != "py" or node["reftarget"].startswith("fastemb"):
        return None
    python = env.domains.python_domain
    for module in public_names():
        found = python.find_obj(env, "", "", f"{module}.{node['reftarget']}", None)
        if found:
            where = found[0][1]
            return make_refnode(app.builder, node["refdoc"], where.docname, where.node_id, text, found[0][0])
    return None


def write_formula(writer: Any, node: Element) -> None:
    """A formula as MathML, which browsers draw without a script from another site."""
    writer.body.append(latex2mathml.tex2mathml(node.astext(), as_block=node.tagname == "math_block"))
    raise SkipNode


def setup(app: Sphinx) -> None:
    """Write the reference, and connect the above."""
    app.add_html_math_renderer("mathml", (write_formula, None), (write_formula, None))
    write_reference()
    draw_pictures()
    app.connect("autodoc-process-docstring", hide_colons, priority=400)  # Napoleon comes at 500
    app.connect("autodoc-process-docstring", show_colons, priority=600)
    app.connect("missing-reference", find_public)
    app.connect("source-read", change_page)
    app.connect("include-read", change_included)
