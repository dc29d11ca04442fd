"""What V5 5.10 knows after its installation: the ids of its lookup tables and its payment gateways' keys.

As a real V5 5.10.17 has them after its migrations and seeds; a unit test compares them with the stand-in's.
"""

from __future__ import annotations


def _ids(ranges: str) -> frozenset:
    result = set()
    for part in ranges.split():
        first, _, last = part.partition("-")
        result.update(range(int(first), int(last or first) + 1))
    return frozenset(result)


INDUSTRIES = _ids("1-33")
SIZES = _ids("1-6")
CURRENCIES = _ids("1-123")
LANGUAGES = _ids("1-41")
TIMEZONES = _ids("1-115")
DATE_FORMATS = _ids("1-14")
COUNTRIES = _ids(
    "4 8 10 12 16 20 24 28 31-32 36 40 44 48 50-52 56 60 64 68 70 72 74 76 84 86 90 92 96 100 104 108"
    " 112 116 120 124 132"
    " 136 140 144 148 152 156 158 162 166 170 174-175 178 180 184 188 191-192 196 203-204 208 212 214"
    " 218 222 226 231-234"
    " 238-239 242 246 248 250 254 258 260 262 266 268 270 275-276 288 292 296 300 304 308 312 316 320"
    " 324 328 332 334 336"
    " 340 344 348 352 356 360 364 368 372 376 380 384 388 392 398 400 404 408 410 414 417-418 422 426"
    " 428 430 434 438 440"
    " 442 446 450 454 458 462 466 470 474 478 480 484 492 496 498-500 504 508 512 516 520 524 528 531"
    " 533-535 540 548 554"
    " 558 562 566 570 574 578 580-581 583-586 591 598 600 604 608 612 616 620 624 626 630 634 638 642-643 646 652 654"
    " 659-660 662-663 666 670 674 678 682 686 688 690 694 702-706 710 716 724 728-729 732 740 744 748"
    " 752 756 760 762 764"
    " 768 772 776 780 784 788 792 795-796 798 800 804 807 818 826 831-834 840 850 854 858 860 862 876 882 887 894"
)

_GATEWAYS = (
    "3b6621f970ab18887c4f6dca78d3f8bb 46c5c1fed2c43acf4f379bae9c8b9f76 944c20175bbe6b9972c05bcfe294c2c7 "
    "4e0ed0d34552e6cb433506d1ac03a418 513cdc81444c87c4b07258bc2858d3fa 99c2a271b5088951334d1302e038c01a "
    "1bd651fb213ca0c9d66ae3c336dc77e8 c3dec814e14cbd7d86abd92ce6789f8c 070dffc5ca94f4e66216e44028ebd52d "
    "334d419939c06bd99b4dfd8a49243f0f d6814fc83f45d2935e7777071e629ef9 0d97c97d227f91c5d0cb86d01e4a52c9 "
    "a66b7062f4c8212d2c428209a34aa6bf 7e6fc08b89467518a5953a4839f8baba 38f2c48af60c7dd69e04248cbb24c36e "
    "80af24a6a69f5c0bbec33e930ab40665 0749cb92a6b36c88bd9ff8aabd2efcab 4c8f4e5d0f353a122045eb9a60cc0f2d "
    "8036a5aadb2bdaafb23502da8790b6a2 d14dd26a37cecc30fdd65700bfb55b23 d14dd26a37cdcc30fdd65700bfb55b23 "
    "ea3b328bd72d381387281c3bd83bd97c a0035fc0d87c4950fb82c73e2fcb825a 16dc1d3c8a865425421f64463faaf768 "
    "43e639234f660d581ddac725ba7bcd29 2f71dc17b0158ac30a7ae0839799e888 733998ee4760b10f11fb48652571e02c "
    "6312879223e49c5cf92e194646bdee8f 106ef7e7da9062b0df363903b455711c e9a38f0896b5b82d196be3b7020c8664 "
    "0da4e18ed44a5bd5c8ec354d0ab7b301 d3979e62eb603fbdf1c78fe3a8ba7009 557d98977e7ec02dfa53de4b69b335be "
    "54dc60c869a7322d87efbec5c0c25805 e4a02f0a4b235eb5e9e294730703bb74 1b3c6f3ccfea4f5e7eadeae188cccd7f "
    "7cba6ce5c125f9cb47ea8443ae671b68 b98cfa5f750e16cee3524b7b7e78fbf6 3758e7f7c6f4cecf0f4f348b9a00f456 "
    "cbc7ef7c99d31ec05492fbcb37208263 e186a98d3b079028a73390bdc11bdb82 761040aca40f685d1ab55e2084b30670 "
    "1b2cef0e8c800204a29f33953aaf3360 7ea2d40ecb1eb69ef8c3d03e5019028a 70ab90cd6c5c1ab13208b3cef51c0894 "
    "bbd736b3254b0aabed6ad7fda1298c88 231cb401487b9f15babe04b1ac4f7a27 bad8699d581d9fa040e59c0bb721a76c "
    "8fdeed552015b3c7b44ed6c8ebd9e992 f7ec488676d310683fb51802d076d713 30334a52fb698046572c627ca10412e8 "
    "b9886f9257f0c6ee7c302f1c74475f6c ef498756b54db63c143af0ec433da803 ca52f618a39367a4c944098ebf977e1c "
    "54faab2ab6e3223dbe848b1686490baa 65faab2ab6e3223dbe848b1686490baz hxd6gwg3ekb9tb3v9lptgx1mqyg69zu9 "
    "kivcvjexxvdiyqtj3mju5d6yhpeht2xs 80af24a6a691230bbec33e930ab40665 80af24a6a691230bbec33e930ab40666 "
    "vpyfbmdrkqcicpkjqdusgjfluebftuva "
    "91be24c7b792230bced33e930ac61676"  # Rotessa, from the migration 2024_06_11
)
GATEWAY_KEYS = frozenset(_GATEWAYS.split())

# The ids of V4 4.5.50 and of V5 do not mean the same everywhere. V4 exports its time zone's id, less one above 57; V5
# has one zone more, at 26. By the exported id: V4's time zone and V5's, where their hours differ. The others are
# another city with the same hours, or another name of the same.
OTHER_ZONES = {
    27: ("Atlantic/Azores", "Atlantic/Stanley"),
    28: ("Atlantic/Cape_Verde", "Atlantic/Azores"),
    29: ("Africa/Casablanca", "Atlantic/Cape_Verde"),
    30: ("Europe/Dublin", "Africa/Casablanca"),
    33: ("Africa/Monrovia", "Europe/London"),
    34: ("Europe/Amsterdam", "Africa/Monrovia"),
    52: ("Europe/Athens", "Europe/Zagreb"),
    54: ("Africa/Cairo", "Europe/Bucharest"),
    55: ("Africa/Harare", "Africa/Cairo"),
    56: ("Europe/Helsinki", "Africa/Harare"),
    58: ("Europe/Minsk", "Asia/Jerusalem"),
    60: ("Europe/Sofia", "Europe/Minsk"),
    63: ("Europe/Istanbul", "Europe/Tallinn"),
    64: ("Asia/Baghdad", "Europe/Vilnius"),
    68: ("Asia/Tehran", "Africa/Nairobi"),
    70: ("Asia/Baku", "Asia/Tehran"),
    73: ("Asia/Tbilisi", "Europe/Volgograd"),
    75: ("Asia/Kabul", "Asia/Tbilisi"),
    76: ("Asia/Karachi", "Asia/Yerevan"),
    77: ("Asia/Tashkent", "Asia/Kabul"),
    78: ("Asia/Kolkata", "Asia/Karachi"),
    79: ("Asia/Kathmandu", "Asia/Tashkent"),
    80: ("Asia/Yekaterinburg", "Asia/Kolkata"),
    81: ("Asia/Almaty", "Asia/Kathmandu"),
    82: ("Asia/Dhaka", "Asia/Yekaterinburg"),
    83: ("Asia/Novosibirsk", "Asia/Almaty"),
    84: ("Asia/Bangkok", "Asia/Dhaka"),
    88: ("Asia/Chongqing", "Asia/Jakarta"),
    89: ("Asia/Hong_Kong", "Asia/Krasnoyarsk"),
    95: ("Asia/Urumqi", "Asia/Taipei"),
    97: ("Asia/Seoul", "Asia/Urumqi"),
    98: ("Asia/Tokyo", "Asia/Irkutsk"),
    99: ("Australia/Adelaide", "Asia/Seoul"),
    100: ("Australia/Darwin", "Asia/Tokyo"),
    101: ("Asia/Yakutsk", "Australia/Adelaide"),
    102: ("Australia/Brisbane", "Australia/Darwin"),
    103: ("Australia/Sydney", "Asia/Yakutsk"),
    106: ("Australia/Melbourne", "Pacific/Guam"),
    107: ("Pacific/Port_Moresby", "Australia/Hobart"),
    110: ("Asia/Magadan", "Australia/Sydney"),
    111: ("Pacific/Auckland", "Asia/Vladivostok"),
    112: ("Pacific/Fiji", "Asia/Magadan"),
}
# By the exported id: what it is in V4, V5's language of that id, and what to choose in V5 instead.
OTHER_LANGUAGES = {
    29: ("English - Australia", "Russian", "English - United Kingdom, for V5 has no Australian"),
    30: ("Serbian", "Arabic", "Serbian"),
    31: ("Bulgarian", "Persian", "Bulgarian"),
    32: ("Russian", "Latvian", "Russian"),
}
