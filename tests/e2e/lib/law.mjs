// The rules once more, for whole asks over the wire: written by hand from the clauses of the circular
// (F1-F4, P4, U1) in a language and with tables of its own. It shares nothing with the policy room, its
// files, or its unit tests' oracle.

export const FIELDS = ['birth_date', 'birth_registration_place', 'blood_group', 'current_residence',
    'death_or_missing', 'ethnicity', 'full_name', 'household', 'marital_status', 'nationality',
    'native_place', 'permanent_residence', 'relation_to_head', 'relatives', 'religion', 'sex',
    'temporary_absence', 'temporary_residence'];
export const SENSITIVE = ['ethnicity', 'household', 'relatives', 'religion'];
// Addresses of the services that a client can reach.
export const ADDRESSES = {
    'citizen.lookup': '/v1/lookup', 'citizen.verify': '/v1/verify', 'citizen.search': '/v1/search',
    'household.lookup': '/v1/household', 'id.map': '/v1/id-map',
    'relative.verify': '/v1/relatives/verify', 'notice.extract': '/v1/notice',
};

const without = (...fields) => FIELDS.filter((field) => !fields.includes(field));
const WHOLE = ['citizen.lookup', 'citizen.verify', 'notice.extract'];
// Who somebody is, where he lives, and that he is dead: what a letter to anybody may say.
const LETTER = ['birth_date', 'birth_registration_place', 'current_residence', 'death_or_missing',
    'full_name', 'marital_status', 'nationality', 'native_place', 'permanent_residence', 'sex',
    'temporary_residence'];
const CEILINGS = {
    state: {
        ...Object.fromEntries(WHOLE.map((service) => [service, FIELDS])),
        'household.lookup': ['current_residence', 'full_name', 'household', 'permanent_residence',
            'relation_to_head', 'temporary_residence'],
        // only what picks the right one of several
        'citizen.search': ['birth_date', 'full_name', 'native_place', 'permanent_residence', 'sex'],
        'id.map': ['birth_date', 'full_name'],
        'relative.verify': ['household', 'marital_status', 'relation_to_head', 'relatives'],
        // by what lists are drawn, and nothing of relatives
        'list.extract': ['birth_date', 'blood_group', 'current_residence', 'ethnicity', 'full_name',
            'nationality', 'permanent_residence', 'religion', 'sex', 'temporary_residence'],
    },
    organisation: {
        ...Object.fromEntries(WHOLE.map((service) => [service,
            without('ethnicity', 'religion', 'household', 'relation_to_head', 'temporary_absence')])),
        'household.lookup': ['full_name', 'household', 'permanent_residence', 'relation_to_head'],
        'id.map': ['birth_date', 'full_name'],
        'relative.verify': ['marital_status', 'relatives'],
    },
    citizen: { 'notice.extract': without('household', 'relatives') },
    other: Object.fromEntries(WHOLE.map((service) => [service, LETTER])),
};
const CHANNELS = {
    state: ['national_portal', 'mps_portal', 'ministry_one_stop', 'province_one_stop', 'written'],
    organisation: ['national_portal', 'mps_portal', 'written', 'guided'],
    citizen: ['national_portal', 'mps_portal', 'written', 'sms'],
    other: ['written'],
};

export const ceiling = (kind, service) => CEILINGS[kind]?.[service] ?? [];

// The fields that an ask is for, whatever service they are asked through. A search names none: it gives
// what its business was granted of what a search may give.
export function fieldsOf(who, service, ask, business) {
    if (service === 'citizen.search') {
        return ceiling(who.class, service).filter((field) => business.fields.includes(field) &&
            (!SENSITIVE.includes(field) || business.sensitive.includes(field)));
    }
    if (service === 'id.map') {
        return ['birth_date', 'full_name'];
    }
    const field = (claim) => claim.field ?? (claim.relation === 'head' ? 'household' : 'relatives');
    return ask.fields ?? [...new Set(ask.claims.map(field))];
}

// What must come of an ask about somebody who is there: the code, `disclosed` when it is answered.
// `who` = {class, channel, instrument}; `business` = null, or what it was granted.
export function decide(who, service, ask, business) {
    if (!CHANNELS[who.class].includes(who.channel) ||
        (who.channel === 'guided' && !who.instrument)) {
        return 'channel_not_open';
    }
    if (ceiling(who.class, service).length === 0) {
        return 'service_not_open';
    }
    if (business === null || !business.channels.includes(who.channel) ||
        !business.services.includes(service)) {
        return 'business_not_granted';
    }
    if ((ask.case ?? '').trim() === '') {
        return 'case_missing';
    }
    if (who.class === 'citizen') {
        return 'own_data_only'; // nobody vouches yet for who a citizen is
    }
    const fields = fieldsOf(who, service, ask, business);
    const allowed = (field) => business.fields.includes(field) &&
        ceiling(who.class, service).includes(field) &&
        (!SENSITIVE.includes(field) || business.sensitive.includes(field));
    if (fields.length === 0 || !fields.every(allowed)) {
        return 'field_not_granted';
    }
    if (ask.per_claim && !business.perClaim) {
        return 'per_claim_not_granted';
    }
    return ask.use === undefined ? 'disclosed' : 'permit_missing';
}

// ---- what is true of a person, for claims: as a person reads his line of the register ----

const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'D')
    .toUpperCase().replace(/ /g, '');
const years = (born, on) => Number(on.slice(0, 4)) - Number(born.slice(0, 4)) -
    (on.slice(5) < born.slice(5) ? 1 : 0);
const both = (truths) => truths.includes(false) ? false : truths.includes(null) ? null : true;

function memberHolds(have, member, want) {
    if (have === null || have[member] === null) {
        return null;
    }
    return member === 'detail' ? fold(have.detail) === fold(want) : have[member] === want;
}

function relationHolds(person, claim) {
    const found = claim.relation === 'head' ? [person.household?.head].filter(Boolean) :
        (person.relatives ?? []).filter(({ relation }) => relation === claim.relation);
    const truths = found.map((one) => both([
        ...claim.name === undefined ? [] : [fold(one.full_name) === fold(claim.name)],
        ...['id', 'cmnd'].filter((key) => claim[key] !== undefined)
            .map((key) => one[key] === null ? null : one[key] === claim[key]),
    ]));
    return truths.includes(true) ? true : truths.length === 0 || truths.includes(null) ? null : false;
}

// true, false, or null: the register cannot tell. `today` is a day in Vietnam. For claims as
// `claimsAbout()` makes them, about people whose birth is known to the day.
export function holds(person, claim, today) {
    if (claim.relation !== undefined) {
        return relationHolds(person, claim);
    }
    const have = person[claim.field] ?? null;
    if (claim.member !== undefined) {
        return memberHolds(have, claim.member, claim.value);
    }
    if (claim.age_at_least !== undefined) {
        return years(have, today) >= claim.age_at_least;
    }
    if (claim.age_under !== undefined) {
        return years(have, today) < claim.age_under;
    }
    for (const [name, compare] of [['less', (a, b) => a < b], ['at_most', (a, b) => a <= b],
        ['more', (a, b) => a > b], ['at_least', (a, b) => a >= b]]) {
        if (claim[name] !== undefined) {
            return compare(have, claim[name]);
        }
    }
    if (claim.value === null) {
        return have === null;
    }
    if (have === null) {
        return null;
    }
    return claim.field === 'full_name' ? fold(have) === fold(claim.value) : have === claim.value;
}
