// Asks about people of the demonstration.

export const KYC_FIELDS = ['full_name', 'birth_date', 'sex', 'nationality', 'permanent_residence',
    'current_residence'];
export const RESIDENCE_FIELDS = [...KYC_FIELDS, 'marital_status', 'household'];

// By personal number, as a client that holds the person's papers would.
export function subjectOf(person) {
    return { id: person.id, name: person.full_name, birth_date: person.birth_date };
}

export function kycAsk(person, changes = {}) {
    return {
        business: 'NV-BANK-KYC', case: 'HS-2026-000123', subject: subjectOf(person),
        fields: KYC_FIELDS, ...changes,
    };
}

export function residenceAsk(person, changes = {}) {
    return kycAsk(person, { business: 'NV-HCM-RESIDENCE', fields: RESIDENCE_FIELDS, ...changes });
}

// Those fields of a person, as an answer must give them.
export function granted(person, fields) {
    return Object.fromEntries(fields.map((field) => [field, person[field] ?? null]));
}

// A number that nobody of the demonstration has: in the block of synthetic numbers, but with a place
// of birth registration that no generator uses.
export function unknownId(number) {
    return `1000${String(number % 100).padStart(2, '0')}9${String(10_000 + number).slice(-5)}`;
}
