"""Make the placeholder sounds from the text catalogue: `python -m werda.gate.prompts.build`.

Run by hand after a change of the catalogue, with Debian's espeak-ng and sox; the result is committed, so nobody who
only runs Werda needs either. A file that an operator has recorded is overwritten: keep those outside this folder.
"""

import subprocess

from werda.core.dialogue import Prompt
from werda.gate.prompts import CATALOGUES, sound_file, spoken, voice

RATE = 8000
WORDS_PER_MINUTE = 185


def main() -> None:
    """Speak every prompt of every catalogue into its file."""
    for catalogue in CATALOGUES:
        for prompt in Prompt:
            speak(prompt, catalogue)


def speak(prompt: Prompt, catalogue: str) -> None:
    """Make one sound: 8 kHz mono 16 bit, without the silence around it, levelled."""
    target = sound_file(prompt, catalogue)
    target.parent.mkdir(parents=True, exist_ok=True)
    say = ["espeak-ng", "-v", voice(catalogue), "-s", str(WORDS_PER_MINUTE), "--stdout", spoken(prompt, catalogue)]
    wave = subprocess.run(say, check=True, capture_output=True).stdout
    trim = ["silence", "1", "0.02", "0.5%", "reverse"] * 2
    shape = ["sox", "-t", "wav", "-", "-r", str(RATE), "-c", "1", "-b", "16", "-D", str(target), *trim, "norm", "-3"]
    subprocess.run(shape, input=wave, check=True, capture_output=True)


if __name__ == "__main__":
    main()
