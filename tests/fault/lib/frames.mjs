// HTTP/2 as bytes, to say what no library says: frames of any kind, length and order (RFC 9113),
// header blocks without HPACK's tables or with too much of them (RFC 7541).

export const KIND = {
    DATA: 0, HEADERS: 1, PRIORITY: 2, RST_STREAM: 3, SETTINGS: 4, PUSH_PROMISE: 5, PING: 6,
    GOAWAY: 7, WINDOW_UPDATE: 8, CONTINUATION: 9, UNKNOWN: 0x77,
};
export const END_STREAM = 1;
export const END_HEADERS = 4;
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const EMPTY = Buffer.alloc(0);

export function frame(kind, stream, payload = EMPTY, flags = 0) {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = kind;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    return Buffer.concat([head, payload]);
}

const number = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
};

export const settings = (...entries) => frame(KIND.SETTINGS, 0, Buffer.concat(
    entries.map(([id, value]) => Buffer.concat([Buffer.from([0, id]), number(value)]))));
export const INITIAL_WINDOW = 4;
export const reset = (stream, code = 8) => frame(KIND.RST_STREAM, stream, number(code));
export const openWindow = (stream, by) => frame(KIND.WINDOW_UPDATE, stream, number(by));
export const data = (stream, bytes, flags = 0) => frame(KIND.DATA, stream, bytes, flags);
export const ping = () => frame(KIND.PING, 0, Buffer.alloc(8));
export const goaway = () => frame(KIND.GOAWAY, 0, Buffer.alloc(8));

// An integer with a prefix of so many bits (RFC 7541 section 5.1).
function integer(value, bits, first = 0) {
    const most = 2 ** bits - 1;
    if (value < most) {
        return Buffer.from([first | value]);
    }
    const bytes = [first | most];
    let rest = value - most;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
        bytes.push((rest % 128) + 128);
    }
    return Buffer.from([...bytes, rest]);
}

const string = (text) => Buffer.concat([integer(Buffer.byteLength(text), 7), Buffer.from(text)]);
export const field = (name, value) => Buffer.concat([Buffer.from([0]), string(name), string(value)]);
// The same, and the decoder is to remember it (as index 62 when it is the newest).
export const learned = (name, value) =>
    Buffer.concat([Buffer.from([0x40]), string(name), string(value)]);
export const LEARNED = 0xbe;

export function block(method, path, more = {}) {
    return Buffer.concat([Buffer.from([method === 'GET' ? 0x82 : 0x83, 0x87]),
        Buffer.from([4]), string(path), Buffer.from([1]), string('localhost'),
        ...Object.entries(more).map(([name, value]) => field(name, value))]);
}

export const headers = (stream, bytes, flags = END_HEADERS | END_STREAM) =>
    frame(KIND.HEADERS, stream, bytes, flags);

// Takes frames off what comes; hands each to `each(kind, flags, stream, payload)`.
export class FrameReader {
    #rest = EMPTY;

    take(bytes, each) {
        let all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
        while (all.length >= 9) {
            const length = all.readUIntBE(0, 3);
            if (all.length < 9 + length) {
                break;
            }
            each(all[3], all[4], all.readUInt32BE(5) & 0x7fffffff, all.subarray(9, 9 + length));
            all = all.subarray(9 + length);
        }
        this.#rest = all;
    }
}
