// The five reasons for which a person is not available, as asks that look alike (I5).
import { KYC_FIELDS, subjectOf, unknownId } from './asks.mjs';

export const REASONS = ['unknown', 'name', 'birth_date', 'protected', 'outside'];

const bytes = (text) => Buffer.byteLength(text);

// People by what a one-stop system of province 79 may learn of them; all with a full birth date.
// `anybody` is one in twenty but for the hidden: their records are as long and as short as those
// of the hidden, and of the neighbours that stand in for who is unknown.
export async function population(demo) {
    const found = { available: [], anybody: [], protected: [], outside: [], shielded: new Set() };
    let number = 0;
    const hidden = new Map(demo.hidden().map((person) => [person.id, person.protected === true]));
    for await (const person of demo.people()) {
        if (person.protected) {
            found.shielded.add(person.id);
        }
        if (person.birth_date.length !== 10) {
            continue;
        }
        const residence = person.permanent_residence;
        if (!person.protected && !hidden.has(person.id) && number++ % 20 === 0) {
            found.anybody.push(person);
        }
        if (hidden.get(person.id) === true) {
            found.protected.push(person);
        } else if (hidden.get(person.id) === false) {
            found.outside.push(person);
        } else if (residence?.province === '79' && residence.list < '2025-07-01' &&
            !person.protected && !person.locked) {
            found.available.push(person);
        }
    }
    return found;
}

const GROUPS = 5; // each spread over the whole register, as the hidden and the neighbours are
const EACH = 900; // people of each reason: all equally often, so equally warm

// Who is asked about under each reason; no person serves two of them. `i` picks; nobody is missed
// more often than guessing allows as long as i stays below five times EACH.
export function subjectFor(reason, i, people) {
    const at = i % EACH;
    const named = people.anybody[at * GROUPS];
    const dated = people.anybody[at * GROUPS + 1];
    switch (reason) {
    case 'unknown':
        return { ...subjectOf(people.anybody[at * GROUPS + 2]), id: unknownId(at) };
    case 'name':
        return { ...subjectOf(named), name: otherName(named.full_name) };
    case 'birth_date':
        return { ...subjectOf(dated), birth_date: otherDate(dated.birth_date) };
    case 'protected':
        return subjectOf(people.protected[at]);
    case 'outside':
        return subjectOf(people.outside[at]);
    default:
        throw new Error(`no such reason: ${reason}`);
    }
}

// For comparison: five groups of other people, all refused for the same reason, a wrong name.
export function sameSubjectFor(group, i, people) {
    const person = people.anybody[(i % EACH) * GROUPS + group];
    return { ...subjectOf(person), name: otherName(person.full_name) };
}

export function ladderAsk(reason, i, people, business = 'NV-HCM-RESIDENCE',
    subject = subjectFor(reason, i, people)) {
    return { business, case: 'HS-2026-000123', subject, fields: KYC_FIELDS };
}

// Another name of as many bytes: the first letter of its last word is another one.
export function otherName(name) {
    const at = name.lastIndexOf(' ') + 1;
    const other = name[at] === 'Q' ? 'X' : 'Q';
    return bytes(name[at]) === 1 ? name.slice(0, at) + other + name.slice(at + 1) : `${name}q`;
}

export function otherDate(date) {
    const day = date.slice(8);
    return `${date.slice(0, 8)}${day === '11' ? '12' : '11'}`;
}
