// JSON texts, sound and less so.
import { mutated } from './dice.mjs';

const SCALARS = ['null', 'true', 'false', '0', '-0', '1', '-1', '9007199254740991', '9007199254740993', '1e3', '1.5',
    '1E400', '01', '+1', '.5', '1.', '-', '0x1', 'NaN', '""', '"a"', '"\\u0041"', '"\\ud83d\\ude00"', '"\\ud800"',
    '"\\u0000"', '"\\x"', '"\t"', '"é"', '"\xff"', '"\\/"', '"\u2028"', '"__proto__"', "'a'", 'undefined', '"\\"',
    '"\\u00e"', '"\x7f"', '"\ufeff"', '"\\b\\f\\n\\r\\t"'];
const SOUND = 9;
const KEPT_MAX = 5000; // of those made, to mutate later
const NAMES = ['"a"', '"b"', '"a"', '""', '"\\u0061"', '"é"', '"\\ud83d\\ude00"', '"\ufb33"', '"__proto__"', 'a',
    '"constructor"', '"1"', '"10"', '"2"'];
const BLANKS = ['', '', '', '', ' ', '\n', '\t', '\r\n', '\v', '\u00a0', '/* */', '\ufeff'];
const WORDS = ['{', '}', '[', ']', ',', ':', '"', '\\', '\\u', '\\ud800', '\0', '\x80', '\xc3\xa9', ' ', 'e', '.', '-',
    '0', 'null', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xc0\x80', '\xef\xbb\xbf'];

function valueOf(dice, depth, odd) {
    const blank = () => (dice.chance(odd) ? dice.one(BLANKS) : BLANKS[dice.below(8)]);
    const kind = depth === 0 ? 2 : dice.below(4);
    let text;
    if (kind === 0) {
        text = `[${dice.some(3, () => valueOf(dice, depth - 1, odd)).join(',')}${dice.chance(odd) ? ',' : ''}]`;
    } else if (kind === 1) {
        const name = () => (dice.chance(20 + odd) ? dice.one(NAMES) : `"k${dice.below(1000)}"`);
        text = `{${dice.some(4, () => `${blank()}${name()}${blank()}:${valueOf(dice, depth - 1, odd)}`).join(',')}}`;
    } else {
        text = dice.chance(30 + odd) ? dice.one(SCALARS) : SCALARS[dice.below(SOUND)];
    }
    return blank() + text + blank();
}

export function* jsonInputs(dice, seeds) {
    yield* seeds;
    const kept = [...seeds];
    for (;;) {
        const made = Buffer.from(valueOf(dice, 1 + dice.below(5), dice.one([0, 0, 3, 15])));
        yield made;
        yield mutated(dice, made, WORDS, kept);
        yield mutated(dice, dice.one(kept), WORDS, kept);
        if (kept.length < seeds.length + KEPT_MAX) {
            kept.push(made);
        }
    }
}
