-- The sigma at the end of a Greek word is folded like any other.
update expenses set category_key = replace(category_key, 'ς', 'σ'), search_text = replace(search_text, 'ς', 'σ')
where category_key like '%ς%' or search_text like '%ς%';

insert into expense_tags (expense_id, tag_key, tag)
select expense_id, replace(tag_key, 'ς', 'σ'), tag from expense_tags where tag_key like '%ς%'
on conflict (expense_id, tag_key) do nothing;
delete from expense_tags where tag_key like '%ς%';

insert into totals (owner, month, currency, category_key, category, amount, count)
select owner, month, currency, replace(category_key, 'ς', 'σ'), max(category), cast(sum(amount) as bigint), cast(sum(count) as bigint)
from totals where category_key like '%ς%' group by owner, month, currency, replace(category_key, 'ς', 'σ')
on conflict (owner, month, currency, category_key)
do update set amount = totals.amount + excluded.amount, count = totals.count + excluded.count, category = excluded.category;
delete from totals where category_key like '%ς%';
