create table owners (
  name     text not null primary key check (length(name) between 1 and 64),
  currency text check (length(currency) = 3)
) strict, without rowid;

insert into owners (name) values ('default');

-- Amounts are whole minor units of the currency beside them. That the owner exists is checked by the totals, which change in the
-- same transaction.
create table expenses (
  id           integer primary key autoincrement,
  owner        text    not null,
  date         text    not null check (date between '1900-01-01' and '2999-12-31' and length(date) = 10),
  description  text    not null check (length(description) between 1 and 500),
  amount       integer not null check (amount between 1 and 99999999999999),
  currency     text    not null check (length(currency) = 3),
  category     text    check (length(category) between 1 and 64),
  category_key text    not null,
  notes        text    check (length(notes) between 1 and 10000),
  search_text  text    not null,
  version      integer not null check (version > 0),
  created_at   text    not null,
  updated_at   text    not null,
  deleted_at   text
) strict;

create index expenses_by_date on expenses (owner, date desc, id desc) where deleted_at is null;
create index expenses_in_trash on expenses (owner, id desc) where deleted_at is not null;

create table expense_tags (
  expense_id integer not null references expenses (id) on delete cascade,
  tag_key    text    not null,
  tag        text    not null check (length(tag) between 1 and 64),
  primary key (expense_id, tag_key)
) strict, without rowid;

-- What each month, currency and category adds up to, kept in the transaction of every change; the trash does not count.
-- The month '' is all months together.
create table totals (
  owner        text    not null references owners (name),
  month        text    not null check (length(month) in (0, 7)),
  currency     text    not null,
  category_key text    not null,
  category     text,
  amount       integer not null,
  count        integer not null,
  primary key (owner, month, currency, category_key)
) strict, without rowid;
