"""The order flow: pages for people who are no customers yet. Nobody signs in, every form works without JavaScript (S5).

Steps, each a page: tariff, you, number, SIM, customer code, summary. What is typed is kept in a draft, which the cookie
alone opens; the code lies sealed and is in no address, log or cookie (B9).
"""
