/* expression_node.h -- The compiled form that expression_parse.c makes and expression_eval.c runs.
 * Private to the pipeline. */
#ifndef AFORO_PIPELINE_EXPRESSION_NODE_H
#define AFORO_PIPELINE_EXPRESSION_NODE_H

#include "pipeline/expression.h"

enum expression_kind {
    EXPRESSION_LITERAL,
    EXPRESSION_COLUMN,
    EXPRESSION_OR,
    EXPRESSION_AND,
    EXPRESSION_NOT,
    EXPRESSION_EQ,
    EXPRESSION_NE,
    EXPRESSION_LT,
    EXPRESSION_LE,
    EXPRESSION_GT,
    EXPRESSION_GE,
    EXPRESSION_ADD,
    EXPRESSION_SUB,
    EXPRESSION_MUL,
    EXPRESSION_NEGATE,
    EXPRESSION_IS_NULL,
    EXPRESSION_IS_NOT_NULL,
    EXPRESSION_LENGTH,
    EXPRESSION_LOWER,
    EXPRESSION_UPPER,
    EXPRESSION_COALESCE
};
struct expression {
    enum expression_kind kind;
    enum warehouse_type type;              /* of what it gives; NULL: always null */
    int scale;                             /* DECIMAL */
    const struct expression *left, *right; /* right: of two operands */
    struct warehouse_value value;          /* LITERAL */
    size_t column;                         /* COLUMN */
    int height;                            /* of the tree below: evaluation recurses so deep */
};

#endif
