-- Every change ever made: who, when, and what each expense was afterwards. Rows are only ever added.
-- A change is one transaction; it covers one expense, or all those of an import.
alter table owners add column history_seq integer not null default 0 check (history_seq >= 0);
alter table owners add column history_hash blob check (length(history_hash) = 32);

create table changes (
  id       integer primary key autoincrement,
  owner    text    not null,
  seq      integer not null check (seq > 0),
  action   text    not null check (length(action) between 1 and 16),
  undoes   integer,
  count    integer not null check (count > 0),
  actor    text    not null check (length(actor) between 1 and 128),
  at       text    not null,
  trace_id text    check (length(trace_id) = 32),
  hash     blob    not null check (length(hash) = 32),
  unique (owner, seq)
) strict;

-- A change is taken back at most once; what took it back can itself be taken back.
create unique index changes_taken_back on changes (owner, undoes) where undoes is not null;

-- That the change exists is checked by `doctor --deep`, like everything else here; a check for each row would slow imports.
create table history (
  change_id  integer not null,
  n          integer not null check (n > 0),
  expense_id integer not null,
  version    integer not null check (version > 0),
  content    text,
  hash       blob    not null check (length(hash) = 32),
  primary key (change_id, n)
) strict, without rowid;

create index history_of_expense on history (expense_id, version);

-- Answers to requests that carried a key, so that the same request sent again gets the same answer.
create table idempotency (
  owner       text    not null,
  key         text    not null check (length(key) between 1 and 255),
  fingerprint blob    not null check (length(fingerprint) = 32),
  status      integer not null check (status between 200 and 299),
  body        text,
  created_at  text    not null,
  expires_at  text    not null,
  primary key (owner, key)
) strict, without rowid;

create index idempotency_by_expiry on idempotency (expires_at);
