// The text that a sheet of a statement must have, from rows as a history shows them and from the
// electronic statement's first line, by other means than the server's.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { root } from './command.mjs';

const read = (name) => parse(readFileSync(path.join(root, 'letters', name), 'utf8'));
const words = read('words.yaml');
const texts = new Map(words.words.map(({ list, code, text }) => [`${list} ${code}`, text]));
const word = (list, code) => texts.get(`${list} ${code}`) ?? code;
const template = read('statement.yaml');

// `2026-11-26T08:38:01Z` as it is read in Viet Nam.
function local(time) {
    const here = new Date(Date.parse(time) + 7 * 3_600_000).toISOString();
    return `${here.slice(11, 19)} ${here.slice(0, 10).split('-').reverse().join('/')}`;
}

// Null when one of its names has no value.
function fill(text, values) {
    const names = [...text.matchAll(/\{([^}]*)\}/gu)].map((match) => match[1]);
    return names.some((name) => (values[name] ?? '') === '') ? null
        : text.replace(/\{([^}]*)\}/gu, (_, name) => String(values[name]));
}
const lines = (list, values) => template[list].map((text) => fill(text, values)).filter(Boolean);

const organisation = (of) => of?.name ?? of?.code;
function rowText(row, number) {
    const values = {
        entry: BigInt(`0x${row.row}`) & ((1n << 40n) - 1n), time: local(row.time),
        party: row.role === 'citizen' ? row.party?.name : organisation(row.party),
        as: word('as', row.as), operator: organisation(row.operator), channel: word('channel', row.channel),
        role: word('role', row.role), service: row.service === null ? row.kind : word('service', row.service),
        business: row.business?.code, purpose: row.business?.purpose, basis: row.business?.basis,
        forgotten: row.forgotten ? word('result', 'forgotten') : '',
        fields: row.fields.map((field) => word('field', field)).join(', '), case: row.case,
        result: word('result', row.result),
    };
    return [number, ...['time', 'who', 'what'].flatMap((list) => lines(list, values))];
}

// What the map's entry proves, by name.
function mapValues(map) {
    if (map === null) {
        return {};
    }
    const head = JSON.parse(Buffer.from(map.opening[0], 'base64url').toString())[2];
    const [proof, note] = map.receipt.proof.split('\n\n');
    const [, size, rootHash] = note.split('\n');
    return { map_day: head.day.split('-').reverse().join('/'), map_size: head.size,
        map_root: head.root, map_entry: /^index (\d+)$/mu.exec(proof)[1], map_count: map.path.count,
        map_chain: map.path.chain, checkpoint_size: size, checkpoint_root: rootHash };
}

// All of it, in the order in which it is drawn. `first` is the statement's first line.
export function sheetText({ rows, first, id, made, origin, count, total, sheet = 1, year }) {
    const { person, map } = first.statement;
    const before = (sheet - 1) * 100;
    const values = { id, made, origin, person, sheet, sheets: Math.max(Math.ceil(total / 100), 1),
        total, count, year, first: rows.length === 0 ? 0 : before + 1,
        last: rows.length === 0 ? 0 : before + rows.length, ...mapValues(map) };
    return [
        ...lines('heading', values), ...lines('about', values),
        ...(rows.length === 0 ? [] : template.columns),
        ...rows.flatMap((row, i) => rowText(row, before + 1 + i)),
        ...(map === null ? [template.no_map] : []), ...lines('proof', values), template.signed,
    ].join(' ');
}
