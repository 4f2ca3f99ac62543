psql --no-psqlrc -v ON_ERROR_STOP=1 <<'SQL'
\getenv password LOGIN_PASSWORD
select 'create role outlay_web login' where not exists (select from pg_roles where rolname = 'outlay_web') \gexec
alter role outlay_web password :'password';
grant outlay_app to outlay_web;
SQL
