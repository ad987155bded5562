"""Common first and family names, from which invented people are put together.

*Reads*: nothing. *Writes*: nothing. *Next*: ``people/samples.py`` combines them at random.

Family names that mayors of the region have are left out, so that no combination is one of them.
"""

from __future__ import annotations

_FIRST = (
    "Aafke Abel Adil Aicha Amber Amira Anouk Arjen Astrid Ayla Bas Bo Bram Britt Carlijn Cas "
    "Chantal Daan Daphne Demi Dewi Dirkje Djamila Eefje Elif Eline Emiel Esra Eva Farah Fatih "
    "Femke Fenna Floor Floris Freek Friso Gijs Guus Hanna Hidde Ilse Imane Iris Ivo Jasmijn "
    "Jelle Jesse Jip Joost Jorrit Julia Karim Kim Koen Lara Leonie Levi Lieke Lotte Luuk Maartje "
    "Maud Maaike Meike Melek Merel Mila Milan Mohamed Nadia Nienke Niels Noor Nynke Olaf Olivia "
    "Pepijn Pieter Pim Quinten Rachid Renske Rik Rosa Roos Ruben Saar Samira Sanne Sem Sjoerd "
    "Sofie Stijn Suzan Tessa Thijs Tijn Tirza Tygo Veerle Vera Wessel Wout Xander Yara Yusuf "
    "Zeynep Zoë"
)

_FAMILY = (
    "van Aalst;van Beek;Blom;de Boer;van den Boogaard;Bosman;van den Bosch;Brands;van den Brink;"
    "den Brok;van den Broek;Brouwer;de Bruijn;Bakker;van Dam;Dekker;van Dijk;Dijkstra;"
    "van Dongen;van Doorn;Driessen;van Duin;El Amrani;El Idrissi;Evers;Faber;Ferreira;"
    "Gerritsen;de Graaf;Groen;de Groot;Haddou;van Ham;Hendriks;van Herk;Hermans;"
    "van den Heuvel;Hoekstra;van der Horst;Huisman;Jacobs;Jansen;Janssen;de Jonge;Jonker;Kaya;"
    "van Kempen;Kok;Koster;Kramer;Kuiper;Kuipers;de Lange;van Leeuwen;van der Linden;van Loon;"
    "Maas;Maes;Martens;van der Meer;Meijer;Mulder;Nguyen;van Nieuwkerk;van den Oever;"
    "Özdemir;Peeters;Peters;Pinas;van der Ploeg;Post;Postma;Prins;Ramdin;de Reus;van Rijn;"
    "Roelofs;de Ruiter;Sahin;van Schaik;Scholten;da Silva;Singh;Slot;Smeets;Smit;Smits;"
    "Snijders;van Son;Sprong;van Straten;Swart;'t Hart;Tan;ten Brinke;Terpstra;van Tiel;"
    "Verbeek;Verhoeven;Vermeer;Vermeulen;van de Ven;van der Veen;van Vliet;Visser;Vonk;Vos;"
    "van der Wal;Wiersma;van Wijk;Willems;Wolters;Yilmaz;van Zanten;Zijlstra;van der Zwan"
)

_FIRST_ENGLISH = (
    "Alice Aidan Beth Callum Chloe Connor Daisy Dylan Ellie Ewan Fiona Gemma Harriet Imogen Jodie "
    "Keira Liam Megan Nathan Oscar Poppy Rhys Sophie Toby"
)

_FAMILY_ENGLISH = (
    "Ashby Barlow Carver Dunmore Ellison Farrow Garside Hadley Ingram Kirkham Langley Marlow "
    "Norwood Oakley Prescott Radley Selwyn Thornley Underhill Wexford"
)

FIRST = tuple(_FIRST.split())
FAMILY = tuple(_FAMILY.split(";"))
FIRST_ENGLISH = tuple(_FIRST_ENGLISH.split())
FAMILY_ENGLISH = tuple(_FAMILY_ENGLISH.split())
