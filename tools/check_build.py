"""Prove that the committed front end, static/explorer, is what its source builds to, byte for byte."""

import filecmp
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMITTED = ROOT / "static" / "explorer"


def main() -> int:
    """0 if both are the same; otherwise the files that differ are named."""
    environment = {**os.environ, "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "--prefix", str(ROOT / "explorer" / "frontend"), "run", "build", "--"]
        command += ["--outDir", folder, "--emptyOutDir", "--logLevel", "warn"]
        if subprocess.run(command, env=environment, check=False).returncode != 0:
            return 1
        built = Path(folder)
        names = {str(path.relative_to(top)) for top in (built, COMMITTED) for path in top.rglob("*") if path.is_file()}
        _same, different, missing = filecmp.cmpfiles(built, COMMITTED, sorted(names), shallow=False)
    if different or missing:
        sys.stderr.write(
            f"static/explorer is not what explorer/frontend builds to; these differ: {', '.join(different + missing)}. "
            "Build and commit it: npm --prefix explorer/frontend run build\n"
        )
        return 1
    sys.stdout.write(f"static/explorer is what its source builds to ({len(names)} files).\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
