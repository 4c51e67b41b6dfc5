/*
 * Fees: who pays, what is sold, what it costs from when on.
 *
 * Invariants
 *  1. Every class says whether it pays.
 *  2. A pair of service and channel belongs to one product at most.
 *  3. The rates of a product follow one another without gap or overlap, and the last is open.
 */
#include "policy/rows.h"

#include "base/check.h"

static const struct policy_column payer_columns[] = {
    COLUMN_OF(policy_payer, class, "class", COLUMN_WORD, &words_class),
    COLUMN(policy_payer, pays, COLUMN_BOOL),
    COLUMN(policy_payer, clause, COLUMN_CLAUSES),
    COLUMN(policy_payer, reason_vi, COLUMN_TEXT),
    COLUMN(policy_payer, reason_en, COLUMN_TEXT),
};

static const struct policy_column product_columns[] = {
    COLUMN(policy_product, product, COLUMN_CODE),
    COLUMN(policy_product, clause, COLUMN_CLAUSES),
    COLUMN_OF(policy_product, services, "services", COLUMN_WORDS, &words_service),
    COLUMN_OF(policy_product, channels, "channels", COLUMN_WORDS, &words_channel),
    COLUMN(policy_product, label_vi, COLUMN_TEXT),
    COLUMN(policy_product, label_en, COLUMN_TEXT),
};

static const struct policy_column rate_columns[] = {
    COLUMN(policy_rate, product, COLUMN_CODE),    COLUMN(policy_rate, from, COLUMN_DATE),
    COLUMN(policy_rate, until, COLUMN_DATE_OPEN), COLUMN(policy_rate, vnd_per_field, COLUMN_COUNT),
    COLUMN(policy_rate, clause, COLUMN_CLAUSES),
};

static struct outcome take_payer(struct policy_loader *loader, const void *row)
{
    const struct policy_payer *payer = row;
    struct policy_payer *place = &loader->policy->payers[payer->class];

    if (policy_row_there(&place->row)) {
        return policy_refuse(loader, payer->row.place, "class `%s` has a second row",
                             words_name(&words_class, payer->class));
    }
    *place = *payer;
    return OUTCOME_OK;
}

static struct outcome payers_whole(struct policy_loader *loader, struct policy_place place)
{
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        if (!policy_row_there(&loader->policy->payers[class].row)) {
            return policy_refuse(loader, place, "class `%s` has no row",
                                 words_name(&words_class, class));
        }
    }
    return OUTCOME_OK;
}

static struct outcome take_product(struct policy_loader *loader, const void *row)
{
    const struct policy_product *product = row;
    struct policy *policy = loader->policy;

    if (product->services == 0 || product->channels == 0) {
        return policy_refuse(loader, product->row.place, "product `%s` needs services and channels",
                             product->product);
    }
    for (unsigned i = 0; i < policy->product_count; i++) {
        const struct policy_product *other = &policy->products[i];
        if (strcmp(other->product, product->product) == 0) {
            return policy_refuse(loader, product->row.place, "product `%s` has a second row",
                                 product->product);
        }
        if ((other->services & product->services) != 0 &&
            (other->channels & product->channels) != 0) {
            return policy_refuse(loader, product->row.place,
                                 "`%s` and `%s` sell the same service on the same channel",
                                 other->product, product->product);
        }
    }
    CHECK(policy->product_count < POLICY_PRODUCTS_MAX);
    policy->products[policy->product_count++] = *product;
    return OUTCOME_OK;
}

/* The latest rate of a product so far; NULL when it has none. */
static const struct policy_rate *last_rate(const struct policy *policy, const char *product)
{
    for (unsigned i = policy->rate_count; i > 0; i--) {
        if (strcmp(policy->rates[i - 1].product, product) == 0) {
            return &policy->rates[i - 1];
        }
    }
    return NULL;
}

static bool product_known(const struct policy *policy, const char *product)
{
    bool known = false;

    for (unsigned i = 0; i < policy->product_count; i++) {
        known = known || strcmp(policy->products[i].product, product) == 0;
    }
    return known;
}

static struct outcome take_rate(struct policy_loader *loader, const void *row)
{
    const struct policy_rate *rate = row;
    struct policy *policy = loader->policy;
    const struct policy_rate *before = last_rate(policy, rate->product);

    if (!product_known(policy, rate->product)) {
        return policy_refuse(loader, rate->row.place, "unknown product `%s`", rate->product);
    }
    if (rate->until < rate->from) {
        return policy_refuse(loader, rate->row.place, "the row ends before it begins");
    }
    if (before != NULL) {
        TRY(policy_days_follow(loader, rate->row.place, before->until, rate->from));
    }
    CHECK(policy->rate_count < POLICY_RATES_MAX);
    policy->rates[policy->rate_count++] = *rate;
    return OUTCOME_OK;
}

/* Invariant 3. */
static struct outcome rates_whole(struct policy_loader *loader, struct policy_place place)
{
    const struct policy *policy = loader->policy;

    for (unsigned i = 0; i < policy->product_count; i++) {
        const char *product = policy->products[i].product;
        const struct policy_rate *last = last_rate(policy, product);
        if (last == NULL) {
            return policy_refuse(loader, place, "product `%s` has no rate", product);
        }
        if (last->until != POLICY_DAY_OPEN) {
            return policy_refuse(loader, last->row.place,
                                 "the last rate of `%s` must have `until: null`", product);
        }
    }
    return OUTCOME_OK;
}

static const struct policy_section sections[] = {
    {"payers", COLUMNS(payer_columns), POLICY_ROWS_MAX, sizeof(struct policy_payer), take_payer,
     payers_whole},
    {"products", COLUMNS(product_columns), POLICY_PRODUCTS_MAX, sizeof(struct policy_product),
     take_product, NULL},
    {"rates", COLUMNS(rate_columns), POLICY_RATES_MAX, sizeof(struct policy_rate), take_rate,
     rates_whole},
};

const struct policy_file_schema policy_schema_fees = {
    .name = "fees.yaml",
    .sections = sections,
    .section_count = sizeof(sections) / sizeof(sections[0]),
};
