// The text that a letter must have, from its content, the templates and the tables of units, by
// other means than the server's: YAML and JSON by JavaScript's own readers.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { root } from './command.mjs';

const words = parse(readFileSync(path.join(root, 'letters/words.yaml'), 'utf8'));
const texts = new Map(words.words.map(({ list, code, text }) => [`${list} ${code}`, text]));
const word = (list, code) => texts.get(`${list} ${code}`) ?? code;
const { phrases, frame } = words;

const units = new Map(['2021-07-01', '2025-07-01'].flatMap((list) =>
    readFileSync(path.join(root, `data/vn/units-${list}.tsv`), 'utf8').trim().split('\n').slice(1)
        .map((line) => line.split('\t'))
        .map(([level, code, , name]) => [`${list} ${level} ${code}`, name])));

const day = (date) => date.split('-').reverse().join('/');

function address(value) {
    const parts = [value.detail, ...['ward', 'district', 'province'].map((level) =>
        value[level] && (units.get(`${value.list} ${level} ${value[level]}`) ?? value[level]))];
    if (value.country !== 'VN') {
        parts.push(word('country', value.country));
    }
    return parts.filter(Boolean).join(', ') || phrases.none;
}

function who(person, label) {
    const more = [
        person.id && `${phrases.number} ${person.id}`,
        person.cmnd && `${phrases.card} ${person.cmnd}`,
        person.nationality && `${phrases.nationality} ${word('country', person.nationality)}`,
    ];
    return [`${label}: ${person.full_name}`, ...more].filter(Boolean).join(', ');
}

const relation = (person) => who(person, person.relation
    ? word('relative', person.relation) : word('relation_to_head', person.relation_to_head));

const shapes = {
    full_name: (value) => value,
    birth_date: day,
    nationality: (value) => word('country', value),
    relatives: (value) => value.map(relation).join(' '),
    household: (value) => [`${phrases.household}: ${value.number}`, who(value.head, phrases.head),
        ...value.members.map(relation)].join(' '),
    temporary_absence: (value) => `${phrases.from} ${day(value.from)}, ${phrases.until} ` +
        `${day(value.to)}, ${phrases.place} ${address(value.place)}`,
    death_or_missing: (value) => `${word('death_or_missing', value.kind)}, ${phrases.day} ${day(value.date)}`,
};

function valueText(field, value) {
    if (value === null) {
        return phrases.none;
    }
    if (field in shapes) {
        return shapes[field](value);
    }
    return typeof value === 'object' ? address(value) : word(field, value);
}

function personText(person) {
    const rows = words.words.filter(({ list, code }) => list === 'field' && code in person)
        .map(({ code, text }, i) => `${i + 1} ${text} ${valueText(code, person[code])}`);
    return [frame.table_number, frame.table_label, frame.table_value, ...rows].join(' ');
}

function part(content, name) {
    const value = name.includes('.') ? content[name.split('.')[0]][name.split('.')[1]]
        : content.matter[name] ?? content[name];
    if (name === 'date') {
        const [year, month, date] = content.time.slice(0, 10).split('-');
        return `ngày ${date} tháng ${Number(month) < 3 ? month : Number(month)} năm ${year}`;
    }
    if (typeof value === 'number') {
        return String(value).replace(/\B(?=(\d{3})+$)/g, '.');
    }
    if (/^\d{4}-\d\d-\d\d$/.test(value)) {
        return day(value);
    }
    return ['service', 'channel'].includes(name) ? word(name, value) : value;
}

// Null when a part of it is.
function fill(content, text) {
    const names = [...text.matchAll(/{([^}]*)}/g)].map((match) => match[1]);
    return names.some((name) => part(content, name) == null) ? null
        : text.replace(/{([^}]*)}/g, (_, name) => part(content, name));
}

const items = (list) => list.map((item, i) => `- ${item}${i + 1 < list.length ? ';' : '.'}`).join(' ');

function blockText(content, { text, list, table }) {
    if (text !== undefined) {
        return fill(content, text);
    }
    if (table !== undefined) {
        return personText(content.matter[table]);
    }
    const kind = { fields: 'field', notices: 'notice' }[list];
    return items((content.matter[list] ?? []).map((item) => (kind ? word(kind, item) : item)));
}

// A paragraph that announces a list without items.
const leadsNowhere = (content, { text }, next) => text?.endsWith(':') && next?.list !== undefined &&
    !content.matter[next.list]?.length;

// In the order in which it is drawn.
export function letterText(content) {
    const template = parse(readFileSync(path.join(root, `letters/${content.kind}.yaml`), 'utf8'));
    const { office, signer } = content;
    return [
        office.parent?.toUpperCase(), office.name.toUpperCase(), frame.nation, frame.motto,
        fill(content, frame.number), fill(content, frame.dated),
        template.type, template.abstract, fill(content, template.to),
        ...template.body.filter((block, i) => !leadsNowhere(content, block, template.body[i + 1]))
            .map((block) => blockText(content, block)),
        signer.authority?.toUpperCase(), signer.title.toUpperCase(), signer.name,
        frame.recipients, items(content.recipients),
        fill(content, frame.verify), fill(content, frame.code),
    ].filter(Boolean).join(' ');
}
