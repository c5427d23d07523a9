"""Makes tiktoken.json: texts and how many tokens OpenAI's own tiktoken counts in them.

    pip install tiktoken && python make_cases.py > tiktoken.json

tiktoken downloads OpenAI's vocabularies and checks their hashes. Text that reads like a special token is counted as text
(encode_ordinary), as everywhere in this crate.
"""
import json
import random

import tiktoken

ENCODINGS = ["o200k_base", "cl100k_base", "p50k_base", "r50k_base"]

HAND = [
    "", " ", "  ", "\n", "\r\n", "\t", "a", "hello world", "Hello, World!", "tiktoken is great!",
    "antidisestablishmentarianism", "2 + 2 = 4", "お誕生日おめでとう", "你好，世界！中文文本没有空格。", "안녕하세요 세계", "Привет, мир! Как дела?",
    "Γειά σου Κόσμε", "مرحبا بالعالم", "שלום עולם", "नमस्ते दुनिया", "สวัสดีชาวโลก", "Xin chào thế giới", "Zażółć gęślą jaźń",
    "İstanbul'da ılık", "ﬁne ﬂour ﬀ", "ａｂｃ１２３", "Ǆ ǅ ǆ ᾈ", "e\u0301 vs é", "a\u0301\u0302\u0303\u0304", "\u200b\u200c\u200d\u2060\ufeff",
    "🎉", "👩‍👩‍👧‍👦", "🏳️‍🌈🏴‍☠️", "👍🏽 ok 👌🏿", "1️⃣2️⃣", "x🙂y", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "\U0010ffff", "\u0000", "a\u0000b", "\u00a0\u2003\u3000x", "\u2028\u2029",
    "it's we're I'll you'd they've I'm", "IT'S WE'RE I'LL", "'s 't 're 've 'm 'll 'd", "don’t", "x'S y'LL", "ſ'ſ 'ſ", "K'K",
    "1234567890", "3.14159265358979", "1,000,000.00", "0x1F4A9", "192.168.0.1", "2026-11-21T22:35:00Z", "٣٤٥", "Ⅻ ½ ²",
    "   leading", "trailing   ", "two  spaces", "three   spaces", "tab\tand\t\ttabs", "line\n\nline\n\n\nline", " \n \n ", "a \n b", "\r\r\n\n", "x\r\ny", "    indented\n        more\n",
    "\t\t\tdeep", " \t \t", "end\n", "end \n", "a\u0085b", "a\u00a0b", "\u1680\u2000\u200a",
    "fn main() {\n    println!(\"{}\", 1 + 1);\n}\n", "def f(x):\n    return [i**2 for i in range(x) if i % 2 == 0]\n", "for(int i=0;i<10;++i){a[i]=b[i]<<2;}",
    "SELECT * FROM t WHERE a='b' AND c IS NOT NULL;", "{\"a\":[1,2,{\"b\":null}],\"c\":\"d\\n\"}", "<div class=\"x\">&nbsp;</div>", "#!/bin/sh\nset -e\n",
    "https://example.com/a/b?c=d&e=f#g", "user@example.com", "C:\\Users\\x\\y.txt", "/usr/local/bin/", ".\n/", "...\n//", "!!!\r\n", "-----", "=====\n", "___", "***bold***", "`code`", "$$x^2$$",
    "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=", "d41d8cd98f00b204e9800998ecf8427e", "550e8400-e29b-41d4-a716-446655440000",
    "<|endoftext|>", "<|im_start|>user\nhi<|im_end|>", "<|fim_prefix|>", "<|endofprompt|>", "<|start|>assistant<|channel|>", "<|", "|>",
    "camelCaseWordsAndPascalCase", "SCREAMING_SNAKE_CASE", "kebab-case-words", "HTTPServer2XX", "iPhone15ProMax", "McDonald", "ÀÉÎõü", "Straße GROẞ",
    "日本語とEnglishのmix、１２３と456。", "한국어English混在テキスト", "क्षत्रिय", "กำลัง", "ျမန္မာ", "ქართული", "አማርኛ", "ᓀᐦᐃᔭᐍᐏᐣ",
    "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "\ufffd\ufffd", "a" * 1000, " " * 1000, "\n" * 300, "ab" * 500, "-" * 500, "0" * 500, "好" * 300, "🎉" * 100,
    " a" * 300, "a " * 300, "\t\n" * 200, "A" * 777, "Aa" * 333, "!?" * 333, "\u0301" * 200, "é" * 300,
]

POOL = (
    ["a", "e", "t", "o", " ", " ", " ", "the", " of", "ing", "tion", "Z", "QX", "\n", "\n\n", "\t", "\r\n", "  ", "    ", ".", ",", "!", "?", "'s", "'LL", "'", '"', "(", ")", "{", "}", "[", "]",
     "=", "==", "->", "::", "//", "/", "\\", "<", ">", "|", "&&", "#", "0", "1", "42", "1234", "é", "ü", "ß", "ñ", "Ж", "ж", "λ", "Σ", "ת", "ع", "ह", "ี", "中", "文", "の", "カ", "한", "🎉", "🏽", "\u200d", "\ufe0f",
     "\u0301", "\u00a0", "\u3000", "\u2028", "\u0000", "\ufffd", "ǅ", "ʰ", "ª", "²", "Ⅳ", "٣", "_", "__", "$", "€", "™", "«", "»", "…", "—", "“", "’", "<|endoftext|>"]
)


def texts():
    yield from HAND
    chance = random.Random(5)
    for number in range(400):
        yield "".join(chance.choice(POOL) for _ in range(chance.randrange(1, 60)))
    for number in range(100):
        data = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 120)))
        yield data.decode("utf-8", "replace")
    for number in range(100):
        yield "".join(chr(chance.choice([chance.randrange(32, 127), chance.randrange(0xA0, 0x2FF), chance.randrange(0x300, 0xD7FF), chance.randrange(0x1F300, 0x1FAFF)])) for _ in range(chance.randrange(1, 40)))


def main():
    encoders = [tiktoken.get_encoding(name) for name in ENCODINGS]
    cases = [[text, *(len(encoder.encode_ordinary(text)) for encoder in encoders)] for text in texts()]
    lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases)
    print(f'{{"tiktoken": "{tiktoken.__version__}", "encodings": {json.dumps(ENCODINGS)}, "cases": [\n{lines}\n]}}')


main()
