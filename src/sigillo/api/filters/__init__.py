"""`where_ATTRIBUTE__LOOKUP=VALUE`: a closed map from a list's attributes to paths of ours, never the other way.

A caller names attributes and lookups of this package and nothing else: no path, no relation, no expression.

    asked        one filter as the caller wrote it
    attributes   what can be asked of a text, a moment, a user …, and the condition that it becomes
    lists        the attributes of each list
    reading      the parameters of a request into conditions and an order
"""
