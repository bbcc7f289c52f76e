"""The fictional operator Nordfunk: its customers, its switch, and a phone in the browser. Nothing leaves the machine.

The demo plays the operator's side (design decision 10): its population comes in by the same import as anybody's files,
and its phone calls the gate over FastAGI as a real switch does. Its pages show demo secrets, so they exist only in
`werda demo`.
"""
