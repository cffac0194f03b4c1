"""Names for flags: the countries and territories of ISO 3166-1, by the part of the world they lie in, and some regions."""

from __future__ import annotations

from typing import Final

_COUNTRIES: Final = {
    "Africa": """AO Angola|BF Burkina Faso|BI Burundi|BJ Benin|BW Botswana|CD Democratic Republic of the Congo
        |CF Central African Republic|CG Republic of the Congo|CI Ivory Coast|CM Cameroon|CV Cape Verde|DJ Djibouti|DZ Algeria
        |EA Ceuta and Melilla|EG Egypt|EH Western Sahara|ER Eritrea|ET Ethiopia|GA Gabon|GH Ghana|GM Gambia|GN Guinea
        |GQ Equatorial Guinea|GW Guinea-Bissau|IC Canary Islands|KE Kenya|KM Comoros|LR Liberia|LS Lesotho|LY Libya|MA Morocco
        |MG Madagascar|ML Mali|MR Mauritania|MU Mauritius|MW Malawi|MZ Mozambique|NA Namibia|NE Niger|NG Nigeria|RE Réunion
        |RW Rwanda|SC Seychelles|SD Sudan|SH Saint Helena|SL Sierra Leone|SN Senegal|SO Somalia|SS South Sudan
        |ST São Tomé and Príncipe|SZ Eswatini|TD Chad|TG Togo|TN Tunisia|TZ Tanzania|UG Uganda|YT Mayotte|ZA South Africa
        |ZM Zambia|ZW Zimbabwe|AC Ascension Island|TA Tristan da Cunha|DG Diego Garcia""",
    "America": """AG Antigua and Barbuda|AI Anguilla|AR Argentina|AW Aruba|BB Barbados|BL Saint Barthélemy|BM Bermuda|BO Bolivia
        |BQ Caribbean Netherlands|BR Brazil|BS Bahamas|BZ Belize|CA Canada|CL Chile|CO Colombia|CR Costa Rica|CU Cuba|CW Curaçao
        |DM Dominica|DO Dominican Republic|EC Ecuador|FK Falkland Islands|GD Grenada|GF French Guiana|GL Greenland|GP Guadeloupe
        |GT Guatemala|GY Guyana|HN Honduras|HT Haiti|JM Jamaica|KN Saint Kitts and Nevis|KY Cayman Islands|LC Saint Lucia
        |MF Saint Martin|MQ Martinique|MS Montserrat|MX Mexico|NI Nicaragua|PA Panama|PE Peru|PM Saint Pierre and Miquelon
        |PR Puerto Rico|PY Paraguay|SR Suriname|SV El Salvador|SX Sint Maarten|TC Turks and Caicos Islands|TT Trinidad and Tobago
        |US United States|UY Uruguay|VC Saint Vincent and the Grenadines|VE Venezuela|VG British Virgin Islands
        |VI United States Virgin Islands|CP Clipperton Island|GS South Georgia and South Sandwich Islands""",
    "Asia": """AE United Arab Emirates|AF Afghanistan|AM Armenia|AZ Azerbaijan|BD Bangladesh|BH Bahrain|BN Brunei|BT Bhutan|CN China
        |GE Georgia|HK Hong Kong|ID Indonesia|IL Israel|IN India|IO British Indian Ocean Territory|IQ Iraq|IR Iran|JO Jordan
        |JP Japan|KG Kyrgyzstan|KH Cambodia|KP North Korea|KR South Korea|KW Kuwait|KZ Kazakhstan|LA Laos|LB Lebanon|LK Sri Lanka
        |MM Myanmar|MN Mongolia|MO Macau|MV Maldives|MY Malaysia|NP Nepal|OM Oman|PH Philippines|PK Pakistan|PS Palestine|QA Qatar
        |SA Saudi Arabia|SG Singapore|SY Syria|TH Thailand|TJ Tajikistan|TL East Timor|TM Turkmenistan|TR Turkey|TW Taiwan
        |UZ Uzbekistan|VN Vietnam|YE Yemen""",
    "Europe": """AD Andorra|AL Albania|AT Austria|AX Åland Islands|BA Bosnia and Herzegovina|BE Belgium|BG Bulgaria|BY Belarus
        |CH Switzerland|CY Cyprus|CZ Czechia|DE Germany|DK Denmark|EE Estonia|ES Spain|EU European Union|FI Finland
        |FO Faroe Islands|FR France|GB United Kingdom|GG Guernsey|GI Gibraltar|GR Greece|HR Croatia|HU Hungary|IE Ireland
        |IM Isle of Man|IS Iceland|IT Italy|JE Jersey|LI Liechtenstein|LT Lithuania|LU Luxembourg|LV Latvia|MC Monaco|MD Moldova
        |ME Montenegro|MK North Macedonia|MT Malta|NL Netherlands|NO Norway|PL Poland|PT Portugal|RO Romania|RS Serbia|RU Russia
        |SE Sweden|SI Slovenia|SJ Svalbard and Jan Mayen|SK Slovakia|SM San Marino|UA Ukraine|VA Vatican City|XK Kosovo
        |CQ Sark""",
    "Oceania": """AS American Samoa|AU Australia|CC Cocos Islands|CK Cook Islands|CX Christmas Island|FJ Fiji|FM Micronesia|GU Guam
        |HM Heard and McDonald Islands|KI Kiribati|MH Marshall Islands|MP Northern Mariana Islands|NC New Caledonia
        |NF Norfolk Island|NR Nauru|NU Niue|NZ New Zealand|PF French Polynesia|PG Papua New Guinea|PN Pitcairn Islands|PW Palau
        |SB Solomon Islands|TK Tokelau|TO Tonga|TV Tuvalu|UM United States Outlying Islands|VU Vanuatu|WF Wallis and Futuna
        |WS Samoa""",
    "Antarctica": "AQ Antarctica|BV Bouvet Island|TF French Southern Territories",
    "": "UN United Nations",
}

_REGIONS: Final = {
    # Of ISO 3166-2, those that OpenMoji draws.
    "America": """caon Ontario|caqc Quebec|mxque Querétaro|mxyuc Yucatán|usal Alabama|usca California|usco Colorado
        |usdc Washington, D.C.|ustx Texas""",
    "Africa": "esce Ceuta|escn Canary Islands|esml Melilla",
    "Europe": """debe Berlin|deby Bavaria|esan Andalusia|esar Aragon|esas Asturias|escb Cantabria|escl Castile and León
        |escm Castile-La Mancha|esct Catalonia|esex Extremadura|esga Galicia|esib Balearic Islands
        |esmc Murcia|esmd Madrid|esnc Navarre|espv Basque Country|esri La Rioja|esvc Valencian Community
        |frbre Brittany|gbeng England|gbsct Scotland|gbwls Wales|itba Bari""",
}


def _by_code(table: dict[str, str]) -> dict[str, tuple[str, str]]:
    found = {}
    for part, entries in table.items():
        for entry in " ".join(entries.split()).split("|"):
            code, _, name = entry.strip().partition(" ")
            found[code] = (name, part)
    return found


COUNTRIES: Final = _by_code(_COUNTRIES)
"""ISO 3166-1 code, upper case: (name, part of the world, "" for none)."""

REGIONS: Final = _by_code(_REGIONS)
"""ISO 3166-2 code, lower case without its hyphen: (name, part of the world)."""
