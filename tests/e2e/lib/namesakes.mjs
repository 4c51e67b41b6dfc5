// Who has which name and birth, by a reader of the generator's lines that shares no code with the
// server: its own folding, its own look at provinces, and what a search must give.
import { closeSync, createReadStream, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { root } from './command.mjs';

export const SHOWN_MAX = 10;

// Upper case, without accents, spaces and the bar of đ.
export const fold = (name) => name.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd')
    .toUpperCase().replace(/\s/g, '');

// ---- spellings ----

const TONES = ['\u0300', '\u0301', '\u0309', '\u0303', '\u0323'];
const PAIRS = ['oa', 'oe', 'uy'];

// The accent of a word's last oa, oe, uy on its other letter; the same where there is none.
export function otherPlacement(name) {
    return name.split(' ').map((word) => {
        const apart = word.normalize('NFD');
        for (const pair of PAIRS) {
            for (const tone of TONES) {
                const [first, second] = [`${pair[0]}${tone}${pair[1]}`, `${pair}${tone}`];
                if (apart.toLowerCase().endsWith(first)) {
                    return (apart.slice(0, -2) + apart.slice(-1) + tone).normalize('NFC');
                }
                if (apart.toLowerCase().endsWith(second)) {
                    return (apart.slice(0, -2) + tone + apart.at(-2)).normalize('NFC');
                }
            }
        }
        return word;
    }).join(' ');
}

const plain = (name) => name.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/g, 'd')
    .replace(/Đ/g, 'D');

// How the same search can be put: [what varies, the subject that is sent, who fits].
const sameDay = (person) => (other) => other.birth === person.birth;
const sameSex = (person) => (other) => other.sex === person.sex;
export const FORMS = {
    'as it is written': (p) => [{ name: p.name, birth_date: p.birth }, sameDay(p)],
    'without accents': (p) =>
        [{ name: plain(p.name).toUpperCase(), birth_date: p.birth }, sameDay(p)],
    'lower case': (p) => [{ name: p.name.toLowerCase(), birth_date: p.birth }, sameDay(p)],
    'NFD': (p) => [{ name: p.name.normalize('NFD'), birth_date: p.birth }, sameDay(p)],
    'the accent on the other letter': (p) =>
        [{ name: otherPlacement(p.name), birth_date: p.birth }, sameDay(p)],
    'year alone': (p) => [{ name: p.name, birth_date: p.birth.slice(0, 4) }, () => true],
    'year and sex': (p) =>
        [{ name: p.name, birth_date: p.birth.slice(0, 4), sex: p.sex }, sameSex(p)],
    'year and province': (p) => [{ name: p.name, birth_date: p.birth.slice(0, 4),
        province: `${p.province}@${p.list}` }, sameProvince(p)],
    'day, sex and province': (p) => [{ name: plain(p.name), birth_date: p.birth, sex: p.sex,
        province: `${p.province}@${p.list}` },
    (other) => sameDay(p)(other) && sameSex(p)(other) && sameProvince(p)(other)],
};

// ---- provinces of two lists ----

const merged = new Map(readFileSync(
    path.join(root, 'data/vn/units-2021-07-01-to-2025-07-01.tsv'), 'utf8').split('\n')
    .map((line) => line.split('\t')).filter(([level]) => level === 'province')
    .map(([, old, now]) => [old, now]));
const OLD = '2021-07-01';

// Yes only when it is sure: a province of the new list is one of the old only when it has one part.
export function sameProvince(wanted) {
    return (other) => {
        if (other.province === null) {
            return false;
        }
        if (other.list === wanted.list) {
            return other.province === wanted.province;
        }
        if (other.list === OLD) {
            return merged.get(other.province) === wanted.province;
        }
        const parts = [...merged].filter(([, now]) => now === other.province);
        return parts.length === 1 && parts[0][0] === wanted.province;
    };
}

// ---- lines ----

const LINE = new RegExp('^\\{"birth_date":"([0-9-]+)".*?"full_name":"((?:[^"\\\\]|\\\\.)*)".*' +
    '"id":"([0-9]{12})","locked":(true|false).*"permanent_residence":(?:null|\\{([^}]*)\\}),' +
    '"protected":(true|false).*"sex":(null|"[12]")');

// One of the generator's lines; its members stand in their order.
export function personOf(line) {
    const found = LINE.exec(line);
    if (found === null) {
        throw new Error(`not a person's line: ${line.slice(0, 80)}`);
    }
    const [, birth, name, id, locked, address, hidden, sex] = found;
    const part = (key) => new RegExp(`"${key}":"([^"]*)"`).exec(address ?? '')?.[1] ?? null;
    return { birth, name: JSON.parse(`"${name}"`), id, locked: locked === 'true',
        hidden: hidden === 'true', sex: JSON.parse(sex), province: part('province'),
        ward: part('ward'), list: part('list') };
}

export const keyOf = (person) => `${fold(person.name)}|${person.birth.slice(0, 4)}`;

// People from places spread over the file, each once.
export function pickPeople(file, count, random) {
    const fd = openSync(file, 'r');
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(256 * 1024);
    const picked = new Map();
    for (let tries = 0; picked.size < count && tries < 20 * count; tries++) {
        const at = Math.floor(random() * size);
        const text = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, at)).toString();
        const [, line, next] = text.split('\n', 3);
        if (line !== undefined && next !== undefined) {
            const person = personOf(line);
            picked.set(person.id, person);
        }
    }
    closeSync(fd);
    return [...picked.values()];
}

// All who have the name and birth year of one of them, by that key: one pass over the file.
export async function namesakesOf(file, people) {
    const found = new Map(people.map((person) => [keyOf(person), []]));
    const years = new Set(people.map((person) => person.birth.slice(0, 4)));
    let rest = '';
    let lines = 0;
    const chunks = createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 22 });
    for await (const chunk of chunks) {
        const text = rest + chunk;
        let from = 0;
        for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
            lines++;
            if (years.has(text.slice(from + 15, from + 19))) {
                const name = text.indexOf('"full_name":"', from) + 13;
                const key = `${fold(text.slice(name, text.indexOf('"', name)))}|${
                    text.slice(from + 15, from + 19)}`;
                found.get(key)?.push(personOf(text.slice(from, to)));
            }
            from = to + 1;
        }
        rest = text.slice(from);
    }
    return { found, lines };
}

// What the search must give: the numbers of whom it shows, or 'nobody', or 'too many'.
export function expectedOf(namesakes, fits) {
    const shown = namesakes.filter((person) => !person.hidden && fits(person));
    if (shown.length > SHOWN_MAX) {
        return 'too many';
    }
    return shown.length === 0 ? 'nobody' : shown.map(({ id }) => id).sort().join(' ');
}

// The same of an answer.
export function givenOf({ status, json }) {
    if (status === 200) {
        return json.result.hits.map(({ id }) => id).sort().join(' ');
    }
    return { too_many_hits: 'too many', subject_not_available: 'nobody' }[json?.code] ??
        `${status} ${json?.code}`;
}
