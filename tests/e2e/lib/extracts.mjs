// Lists of people: approved over the command line, and what each must hold, counted over the
// population's own file by a reader that shares nothing with the server.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { readEntry } from './answer.mjs';
import { granted } from './asks.mjs';
import { canonical } from './canonical.mjs';
import { personOf, sameProvince } from './namesakes.mjs';
import { readCheckpoint } from './note.mjs';
import { day } from './rights.mjs';
import { readEntries } from './tree.mjs';

export const BUSINESS = 'NV-HCM-LISTS';
export const ACCOUNT = 'hcm-onestop';
export const FIELDS = ['full_name', 'birth_date', 'sex', 'permanent_residence'];
const LIST = '2021-07-01';

// The job's id hangs on the list's code alone.
export const jobOf = (code) => createHash('sha256').update(`dancu extract\0${code}`).digest('hex')
    .slice(0, 32);

export async function approve(demo, code, criteria, { cap = 5000, fields = FIELDS,
    account = ACCOUNT, business = BUSINESS, more = [] } = {}) {
    await demo.act('extract', 'approve', code, '--account', account, '--business', business,
        '--case', `HS-${code}`, '--criteria', criteria, '--fields', fields.join(','),
        '--cap', String(cap), '--until', day(3), '--reason', 'Kiểm thử', ...more);
    return jobOf(code);
}

export async function shown(demo, code) {
    return JSON.parse(await demo.act('extract', 'list', code));
}

// Completed years on that day: who is known by the year alone is of one of two ages.
export function agesOn(birth, today) {
    const years = Number(today.slice(0, 4)) - Number(birth.slice(0, 4));
    if (birth.length === 4) {
        return [years - 1, years];
    }
    return [birth.slice(5) > today.slice(5) ? years - 1 : years];
}

// What a list's criteria say, twice: as they are sent, and as they are counted here.
export function criterion({ ward, province, sex, from = 0, until = 200 }) {
    const parts = [
        ward && `permanent_residence.ward=${ward}@${LIST}`,
        province && `permanent_residence.province=${province}@${LIST}`,
        sex && `sex=${sex}`, from > 0 && `age>=${from}`, until < 200 && `age<${until}`,
    ].filter(Boolean);
    const inProvince = sameProvince({ province, list: LIST });
    const holds = (person, today) =>
        (!ward || (person.list === LIST && person.ward === ward)) &&
        (!province || inProvince(person)) && (!sex || person.sex === sex) &&
        agesOn(person.birth, today).every((age) => age >= from && age < until);
    return { text: parts.join(' and '), holds };
}

// Everybody, with his line.
export async function readLines(demo) {
    const people = [];
    for await (const line of createInterface({ input: createReadStream(await demo.peopleFile()) })) {
        people.push({ ...personOf(line), line });
    }
    return people;
}

// What is given of those people, in an order of its own.
export const givenOf = (people, fields = FIELDS) =>
    people.map(({ line }) => canonical(granted(JSON.parse(line), fields))).sort();

// Entries of lists in the public log, by what came of them.
export async function recorded(demo) {
    const ledger = path.join(demo.home, 'ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
    const found = { disclosure: 0, unavailable: 0, refusal: 0 };
    for (const text of await readEntries((name) => readFileSync(path.join(ledger, name)), size)) {
        const entry = readEntry(text.toString());
        if (entry.service === 'list.extract') {
            found[entry.kind]++;
        }
    }
    return found;
}
