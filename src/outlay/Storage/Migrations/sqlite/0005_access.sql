-- Keys of whoever may use the service. A key itself is stored nowhere: only its SHA-256, and its beginning to tell keys apart.
create table api_keys (
  id           integer primary key autoincrement,
  owner        text    not null references owners (name),
  name         text    not null check (length(name) between 1 and 64),
  prefix       text    not null check (length(prefix) <= 16),
  hash         blob    not null unique check (length(hash) = 32),
  scopes       text    not null check (length(scopes) between 4 and 16),
  created_at   text    not null,
  expires_at   text,
  last_used_at text,
  revoked_at   text
) strict;
