"""Countries under their names, nationalities and seats of government, which texts use for one another.

"Chinese", "Peking" and "China" can all be the same actor. Names that texts of the last fifty years use
are among them, such as the Soviet Union's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

# Names; nationalities; seats of government. The first name stands for the country.
_TABLE = """
Afghanistan; Afghan, Afghans; Kabul
Albania; Albanian; Tirana
Algeria; Algerian; Algiers
Angola; Angolan; Luanda
Antigua and Barbuda, Antigua; Antiguan; St. John's
Argentina; Argentine, Argentinian; Buenos Aires
Armenia; Armenian; Yerevan
Australia; Australian; Canberra
Austria; Austrian; Vienna
Azerbaijan; Azerbaijani, Azeri; Baku
Bahamas; Bahamian; Nassau
Bahrain; Bahraini; Manama
Bangladesh; Bangladeshi; Dhaka
Barbados; Barbadian; Bridgetown
Belarus, Byelorussia; Belarusian, Belarussian; Minsk
Belgium; Belgian; Brussels
Belize; Belizean; Belmopan
Benin; Beninese; Cotonou, Porto-Novo
Bhutan; Bhutanese; Thimphu
Bolivia; Bolivian; La Paz
Bosnia and Herzegovina, Bosnia; Bosnian; Sarajevo
Botswana; Batswana, Motswana; Gaborone
Brazil; Brazilian; Brasilia, Brasília
Britain, United Kingdom, Great Britain, UK, U.K.; British, Briton; London
Brunei, Brunei Darussalam; Bruneian; Bandar Seri Begawan
Bulgaria; Bulgarian; Sofia
Burkina Faso, Burkina, Upper Volta; Burkinabe, Burkinabè; Ouagadougou
Burma, Myanmar; Burmese; Rangoon, Yangon, Naypyidaw
Burundi; Burundian; Bujumbura, Gitega
Cambodia, Kampuchea; Cambodian, Kampuchean, Khmer; Phnom Penh
Cameroon; Cameroonian; Yaoundé, Yaounde
Canada; Canadian; Ottawa
Cape Verde, Cabo Verde; Cape Verdean; Praia
Central African Republic; Central African; Bangui
Chad; Chadian; N'Djamena
Chile; Chilean; Santiago
China, People's Republic of China, PRC; Chinese; Beijing, Peking
Colombia; Colombian; Bogotá, Bogota
Comoros; Comorian; Moroni
Congo, Republic of the Congo, Congo-Brazzaville; Congolese; Brazzaville
Democratic Republic of the Congo, DRC, DR Congo, Zaire; Congolese, Zairean, Zairian; Kinshasa
Cook Islands; Cook Islander; Avarua
Costa Rica; Costa Rican; San José, San Jose
Côte d'Ivoire, Ivory Coast, Cote d'Ivoire; Ivorian, Ivoirian; Abidjan, Yamoussoukro
Croatia; Croatian, Croat; Zagreb
Cuba; Cuban; Havana
Cyprus; Cypriot; Nicosia
Czech Republic, Czechia, Czechoslovakia; Czech, Czechoslovak; Prague
Denmark; Danish, Dane; Copenhagen
Djibouti; Djiboutian; Djibouti City
Dominica; Dominican; Roseau
Dominican Republic; Dominican; Santo Domingo
East Germany, German Democratic Republic, GDR; East German; East Berlin
Timor-Leste, East Timor; Timorese; Dili
Ecuador; Ecuadorian, Ecuadorean; Quito
Egypt, Arab Republic of Egypt; Egyptian; Cairo
El Salvador; Salvadoran, Salvadorean; San Salvador
Equatorial Guinea; Equatoguinean; Malabo
Eritrea; Eritrean; Asmara
Estonia; Estonian; Tallinn
Eswatini, Swaziland; Swazi; Mbabane
Ethiopia; Ethiopian; Addis Ababa
European Union, EU, E.U., European Community, European Communities, EC, E.C., EEC, European Commission, Europe; European; Brussels
Fiji; Fijian; Suva
Finland; Finnish, Finn; Helsinki
France; French; Paris
Gabon; Gabonese; Libreville
Gambia; Gambian; Banjul
Georgia; Georgian; Tbilisi
Germany, West Germany, Federal Republic of Germany, FRG; German, West German; Bonn, Berlin
Ghana; Ghanaian; Accra
Greece; Greek; Athens
Grenada; Grenadian; St. George's
Guatemala; Guatemalan; Guatemala City
Guinea; Guinean; Conakry
Guinea-Bissau; Bissau-Guinean; Bissau
Guyana; Guyanese; Georgetown
Haiti; Haitian; Port-au-Prince
Holy See, Vatican; ; Vatican City
Honduras; Honduran; Tegucigalpa
Hungary; Hungarian; Budapest
Iceland; Icelandic, Icelander; Reykjavik, Reykjavík
India; Indian; New Delhi, Delhi
Indonesia; Indonesian; Jakarta
Iran, Islamic Republic of Iran; Iranian; Tehran, Teheran
Iraq; Iraqi; Baghdad
Ireland; Irish; Dublin
Israel; Israeli; Jerusalem
Italy; Italian; Rome
Jamaica; Jamaican; Kingston
Japan; Japanese; Tokyo
Jordan; Jordanian; Amman
Kazakhstan; Kazakh, Kazakhstani; Astana, Nur-Sultan
Kenya; Kenyan; Nairobi
Kiribati; I-Kiribati; Tarawa
Kosovo; Kosovar; Pristina
Kuwait; Kuwaiti; Kuwait City
Kyrgyzstan, Kyrgyz Republic; Kyrgyz; Bishkek
Laos, Lao People's Democratic Republic, Lao PDR; Lao, Laotian; Vientiane
Latvia; Latvian; Riga
Lebanon; Lebanese; Beirut
Lesotho; Basotho; Maseru
Liberia; Liberian; Monrovia
Libya; Libyan; Tripoli
Liechtenstein; Liechtensteiner; Vaduz
Lithuania; Lithuanian; Vilnius
Luxembourg; Luxembourgish, Luxembourger; Luxembourg City
Madagascar; Malagasy; Antananarivo
Malawi; Malawian; Lilongwe
Malaysia; Malaysian; Kuala Lumpur, Putrajaya
Maldives; Maldivian; Malé, Male
Mali; Malian; Bamako
Malta; Maltese; Valletta
Marshall Islands; Marshallese; Majuro
Mauritania; Mauritanian; Nouakchott
Mauritius; Mauritian; Port Louis
Mexico; Mexican; Mexico City
Micronesia; Micronesian; Palikir
Moldova, Moldavia; Moldovan; Chisinau, Chişinău, Chișinău
Monaco; Monegasque; Monaco
Mongolia; Mongolian; Ulaanbaatar, Ulan Bator
Montenegro; Montenegrin; Podgorica
Morocco; Moroccan; Rabat
Mozambique; Mozambican; Maputo
Namibia; Namibian; Windhoek
Nauru; Nauruan; Yaren
Nepal; Nepalese, Nepali; Kathmandu
Netherlands, Holland; Dutch; The Hague
New Zealand; New Zealander; Wellington
Nicaragua; Nicaraguan; Managua
Niger; Nigerien; Niamey
Nigeria; Nigerian; Abuja
North Korea, Democratic People's Republic of Korea, DPRK; North Korean; Pyongyang
North Macedonia, Macedonia; Macedonian; Skopje
Norway; Norwegian; Oslo
Oman; Omani; Muscat
Pakistan; Pakistani; Islamabad
Palau; Palauan; Ngerulmud
Palestine, Palestinian Authority, PLO; Palestinian; Ramallah
Panama; Panamanian; Panama City
Papua New Guinea, PNG; Papua New Guinean; Port Moresby
Paraguay; Paraguayan; Asunción, Asuncion
Peru; Peruvian; Lima
Philippines; Philippine, Filipino; Manila
Poland; Polish, Pole; Warsaw
Portugal; Portuguese; Lisbon
Qatar; Qatari; Doha
Romania; Romanian; Bucharest
Soviet Union, Russia, Russian Federation, USSR, U.S.S.R.; Soviet, Russian; Moscow, Kremlin
Rwanda; Rwandan; Kigali
Saint Lucia, St. Lucia; Saint Lucian, St. Lucian; Castries
Samoa; Samoan; Apia
São Tomé and Príncipe, Sao Tome and Principe, São Tomé; Santomean; São Tomé
Saudi Arabia, Kingdom of Saudi Arabia; Saudi; Riyadh
Senegal; Senegalese; Dakar
Serbia, Yugoslavia; Serbian, Serb, Yugoslav; Belgrade
Seychelles; Seychellois; Victoria
Sierra Leone; Sierra Leonean; Freetown
Singapore; Singaporean; Singapore
Slovakia, Slovak Republic; Slovak, Slovakian; Bratislava
Slovenia; Slovenian, Slovene; Ljubljana
Solomon Islands; Solomon Islander; Honiara
Somalia; Somali; Mogadishu
Somaliland; Somalilander; Hargeisa
South Africa; South African; Pretoria
South Korea, Republic of Korea, ROK, Korea; South Korean, Korean; Seoul
South Sudan; South Sudanese; Juba
Spain; Spanish, Spaniard; Madrid
Sri Lanka; Sri Lankan; Colombo
Sudan; Sudanese; Khartoum
Suriname; Surinamese; Paramaribo
Sweden; Swedish, Swede; Stockholm
Switzerland; Swiss; Bern, Berne
Syria; Syrian; Damascus
Taiwan; Taiwanese; Taipei
Tajikistan; Tajik; Dushanbe
Tanzania; Tanzanian; Dodoma, Dar es Salaam
Thailand; Thai; Bangkok
Togo; Togolese; Lomé, Lome
Tonga; Tongan; Nuku'alofa
Trinidad and Tobago, Trinidad; Trinidadian; Port of Spain
Tunisia; Tunisian; Tunis
Turkey, Türkiye, Turkiye; Turkish, Turk; Ankara
Turkmenistan; Turkmen; Ashgabat
Tuvalu; Tuvaluan; Funafuti
Uganda; Ugandan; Kampala
Ukraine; Ukrainian; Kiev, Kyiv
United Arab Emirates, UAE, U.A.E., Emirates; Emirati; Abu Dhabi
United Nations, UN, U.N.; ; New York
United States, United States of America, US, U.S., USA, U.S.A., America; American, Americans; Washington
Uruguay; Uruguayan; Montevideo
Uzbekistan; Uzbek; Tashkent
Vanuatu; Ni-Vanuatu; Port Vila
Venezuela; Venezuelan; Caracas
Vietnam, Viet Nam, Viet-Nam; Vietnamese; Hanoi
Yemen; Yemeni; Sana'a, Sanaa, Aden
Zambia; Zambian; Lusaka
Zimbabwe; Zimbabwean; Harare
"""


@cache
def country_terms() -> dict[str, frozenset[str]]:
    """Map names and nationalities, in lower case without full stops, to the countries they can stand for.

    The European Union and the United Nations count as countries: texts treat them as actors like any.
    """
    found: dict[str, frozenset[str]] = {}
    for names, nationalities, _ in _rows():
        for term in (*names, *nationalities):
            for key in (normalized_term(term), normalized_term(term) + "s"):
                found[key] = found.get(key, frozenset()) | {names[0]}
    return found


@cache
def seats_of_government() -> dict[str, frozenset[str]]:
    """Map capitals, in lower case without full stops, to the countries they can stand for."""
    found: dict[str, frozenset[str]] = {}
    for names, _, seats in _rows():
        for seat in seats:
            key = normalized_term(seat)
            found[key] = found.get(key, frozenset()) | {names[0]}
    return found


@dataclass(frozen=True, slots=True)
class CountryMention:
    """A country's name or nationality in a text."""

    start: int
    end: int
    countries: frozenset[str]
    """What it can stand for: "Congolese" leaves two."""


def find_countries(text: str) -> Iterator[CountryMention]:
    """Find the names and nationalities of countries; the longest that fits counts."""
    by_first_word = _terms_by_first_word()
    position = 0
    for match in _CAPITALISED.finditer(text):
        if match.start() < position:
            continue
        for term, countries in by_first_word.get(_head(match.group()), ()):
            end = match.start() + len(term)
            if text.startswith(term, match.start()):
                end += text.startswith("s", end) and term[-1].islower()
                if not text[end : end + 1].isalnum():
                    yield CountryMention(match.start(), end, countries)
                    position = end
                    break


def country_names() -> list[str]:
    """Return each country's first name."""
    return [names[0] for names, _, _ in _rows()]


def normalized_term(term: str) -> str:
    """Lower-case a name and leave out its full stops: "U.S." becomes "us"."""
    return " ".join(term.replace(".", "").replace("’", "'").lower().split())


_CAPITALISED = re.compile(r"(?<![\w.])[^\W\d_a-z][\w.]*")


def _head(word: str) -> str:
    """Leave out what can end a word beside its letters, so that "Thais" and "Vietnam." are found."""
    return word.rstrip(".").rstrip("s")


@cache
def _terms_by_first_word() -> dict[str, tuple[tuple[str, frozenset[str]], ...]]:
    """Group terms by their first word, the longest first."""
    found: dict[str, set[str]] = {}
    for names, nationalities, _ in _rows():
        for term in (*names, *nationalities):
            word = _CAPITALISED.match(term)
            assert word is not None, term
            found.setdefault(_head(word.group()), set()).add(term)
    terms = country_terms()
    return {
        word: tuple(
            (term, terms[normalized_term(term)]) for term in sorted(group, key=lambda t: (-len(t), t))
        )
        for word, group in found.items()
    }


@cache
def _rows() -> tuple[tuple[list[str], list[str], list[str]], ...]:
    rows = []
    for line in _TABLE.strip().split("\n"):
        names, nationalities, seats = (
            [term.strip() for term in part.split(",") if term.strip()] for part in line.split(";")
        )
        rows.append((names, nationalities, seats))
    return tuple(rows)
