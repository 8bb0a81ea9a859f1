"""Draw the pictures of gallery.md by the commands that stand beside them: python docs/draw_gallery.py FOLDER.

FOLDER holds what the commands read: wiki.txt, wiki5.txt, retail.dat, chinese.txt, and the two files of Cora; and what
they make. A picture's own name after it draws that one alone: python docs/draw_gallery.py FOLDER fan.png.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SNIPPET = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"[\w-]+\.png")


def main(folder: Path, only: str | None) -> None:
    """Run the snippets in the folder, and take the pictures from there.

    Raises:
        SystemExit: no snippet draws the one that is wanted.
        CalledProcessError: a snippet fails.
    """
    snippets = SNIPPET.findall((HERE / "gallery.md").read_text(encoding="utf-8"))
    known = [name for _, code in snippets for name in PICTURE.findall(code)]
    if only is not None and only not in known:
        raise SystemExit(f"gallery.md draws no {only}, but {', '.join(known)}")
    for language, code in snippets:
        made = PICTURE.findall(code)
        if only is not None and only not in made:
            continue
        command = ["bash", "-euc", code] if language == "sh" else [sys.executable, "-c", code]
        print(code, flush=True)
        subprocess.run(command, cwd=folder, check=True)
        for name in made:
            (HERE / "pictures" / name).write_bytes((folder / name).read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
