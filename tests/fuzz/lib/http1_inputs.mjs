// HTTP/1.1 requests, sound and less so: made by a grammar whose every word may be a wrong one, and
// mutated from those and from seeds.
import { mutated } from './dice.mjs';

const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'CONNECT', 'DELETE', 'get', 'GE T', '', 'PURGE', 'FOO',
    'PRI', 'M-SEARCH', 'G\tET', 'GET\0'];
const TARGETS = ['/', '/v1/lookup', '/a?b=c', '*', 'a:443', 'https://a/b', 'http://a', '/%zz', '/a b', '//', '/\xff',
    '/#x', '', 'ftp://a/', '/?a?b', 'https://u@h/', 'a', '/\t', '/[', '/"', '/<>', '/{}', '/|', '/\\', '/^`'];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.10', 'http/1.1',
    'HTTP/1', 'HTTP/01.1', 'HTTP/1.1 ', 'ICE/1.1', ''];
const ENDS = ['\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '\r\n ', '\n\r'];
const BLANKS = [' ', ' ', ' ', ' ', '', '\t', '  ', '\r\n ', '\v', '\xa0'];
const NAMES = ['Host', 'host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Expect', 'Upgrade', 'TE',
    'Trailer', 'X', 'Content-Length ', 'Content_Length', 'Content-Length\0', ' Host', 'Host\t', 'A\x80', '',
    'Transfer-Encoding\t', 'transfer-encoding', 'Keep-Alive', 'Proxy-Connection', 'Content-Type', 'HTTP2-Settings'];
const LENGTHS = ['0', '1', '2', '5', '05', '+5', '-1', '5 ', '5,5', '0x5', '5, 5', '', ' ', '18446744073709551616',
    '9223372036854775807', '5\t', '1e1', '5;', '"5"', '5_0'];
const CODINGS = ['chunked', 'chunked', 'Chunked', 'identity', 'gzip, chunked', 'chunked, chunked', 'chunked,',
    ',chunked', 'chunked;a', 'xchunked', 'chunkedx', '', ' chunked ', 'chunked\t', '"chunked"', 'chunked\0', 'gzip'];
const VALUES = ['a', 'close', 'keep-alive', 'upgrade', 'close, x', 'h2c', '100-continue', '100-Continue', 'b\xe9c', 'a b',
    '', 'a\0b', 'a\x7fb', 'a\rb', 'a\nb', 'keep-alive, close', ',', 'a, ,b', '(', 'trailers', 'x\t\ty', '\x01'];
const HOSTS = ['a', 'a:1', '[::1]', '', 'a b', 'a/b', 'a,b', 'a@b', 'a:', 'A.b-c', '\xe9', 'a\tb', '*'];
const SIZES = ['0', '1', '5', '5', 'A', 'a', '0x5', '05', '00', '5 ', ' 5', '-1', '+5', '', 'FFFFFFFF', '10000000',
    '00000005', '000000000000005', '5\t', 'g'];
const EXTENSIONS = ['', '', '', ';a', ';a=b', ';a="b"', '; a', ' ;a', ';', ';a="\r\n"', ';a=\n', ';\xff', ';a b',
    ';a="b', ';=', ';a=b;c'];
const DATA = ['hello', 'hello', 'x', '', '{}', '0\r\n\r\n', 'GET / HTTP/1.1\r\nHost: b\r\n\r\n', 'hello\r\n0\r\n\r\n'];
const WORDS = [...ENDS, ...BLANKS, ':', ',', ';', '\0', '\x7f', '\xff', 'chunked', 'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n', 'Host: a\r\n', 'HTTP/1.1', '0\r\n\r\n', '\r\n\r\n', ...SIZES];

const KEPT_MAX = 5000; // of those made, to mutate later

// Mostly the first words of a list, which are sound; one in `odd` any of it.
const word = (dice, list, sound, odd) => (dice.chance(odd) ? dice.one(list) : list[dice.below(sound)]);

function fieldOf(dice, odd) {
    const name = dice.chance(odd) ? dice.one(NAMES) : dice.one(NAMES.slice(3, 10));
    const lower = name.trim().toLowerCase();
    const value = {
        'content-length': () => word(dice, LENGTHS, 4, odd),
        'transfer-encoding': () => word(dice, CODINGS, 2, odd),
        host: () => word(dice, HOSTS, 3, odd),
    }[lower] ?? (() => dice.one(VALUES.slice(0, dice.chance(odd) ? VALUES.length : 10)));
    return `${name}:${word(dice, BLANKS, 4, odd)}${value()}${dice.chance(5) ? dice.one(BLANKS) : ''}` +
        word(dice, ENDS, 7, odd);
}

function chunkOf(dice, odd) {
    const data = word(dice, DATA, 3, odd);
    const size = dice.chance(odd) ? dice.one(SIZES) : data.length.toString(16);
    return size + word(dice, EXTENSIONS, 5, odd) + word(dice, ENDS, 7, odd) +
        (size === '0' ? '' : data + word(dice, ENDS, 7, odd));
}

function bodyOf(dice, head, odd) {
    if (/chunked/i.test(head)) {
        return dice.some(3, () => chunkOf(dice, odd)).join('') + `0${word(dice, ENDS, 7, odd)}` +
            dice.some(1, () => fieldOf(dice, odd)).join('') + word(dice, ENDS, 7, odd);
    }
    return dice.chance(50) ? dice.one(DATA) : '';
}

// How odd a request is varies, so that sound ones and near misses are as many as the wild.
function requestOf(dice) {
    const odd = dice.one([0, 2, 5, 20]);
    const fields = [`Host:${word(dice, BLANKS, 4, odd)}${word(dice, HOSTS, 3, odd)}${word(dice, ENDS, 7, odd)}`];
    if (dice.chance(70)) {
        const [name, list] = dice.chance(50) ? ['Content-Length', LENGTHS] : ['Transfer-Encoding', CODINGS];
        fields.push(`${name}: ${word(dice, list, 2, odd)}${word(dice, ENDS, 7, odd)}`);
    }
    fields.push(...dice.some(3, () => fieldOf(dice, odd)));
    const head = `${dice.chance(odd) ? dice.one(ENDS) : ''}${word(dice, METHODS, 5, odd)} ` +
        `${word(dice, TARGETS, 3, odd)}${dice.chance(odd) ? dice.one(BLANKS) : ' '}` +
        `${word(dice, VERSIONS, 4, odd)}${word(dice, ENDS, 7, odd)}${fields.join('')}${word(dice, ENDS, 7, odd)}`;
    return Buffer.from(head + bodyOf(dice, head, odd) + (dice.chance(20) ? dice.one(DATA) : ''), 'latin1');
}

export function* http1Inputs(dice, seeds) {
    yield* seeds;
    const kept = [...seeds];
    for (;;) {
        const made = requestOf(dice);
        yield made;
        yield mutated(dice, made, WORDS, kept);
        yield mutated(dice, dice.one(kept), WORDS, kept);
        if (kept.length < seeds.length + KEPT_MAX) {
            kept.push(made);
        }
    }
}
