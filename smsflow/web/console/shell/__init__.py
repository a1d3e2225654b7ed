"""The shell of every page: layout, guard, forms, components, pictures and languages."""
