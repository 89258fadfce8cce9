-- +goose Up
-- A zone and a language that a person chose stand beside those of the directory, and hold over
-- them. Until now there was one of each, for whoever set it last.
ALTER TABLE users ADD COLUMN chosen_timezone text NOT NULL DEFAULT ''; -- empty: the directory's
ALTER TABLE users ADD COLUMN chosen_language text NOT NULL DEFAULT '';

-- The choice is the last one that the records show to have come from a page, a link or the
-- preferences: a change that a person made, that changed the preferences as well, or beside
-- which the audit has a change of the preferences.
WITH noted AS (
	SELECT site, substr(subject, 6) AS user_id, id, at, actor,
		COALESCE(json_extract(content, '$.timezone'), '') AS timezone, COALESCE(json_extract(content, '$.language'), '') AS language,
		json_extract(content, '$.preferences') AS preferences, json_extract(content, '$.email') AS email
	FROM changes WHERE what = 'set_user' AND subject LIKE 'user:%'
), compared AS (
	SELECT noted.*, lag(id) OVER before AS id_before, lag(timezone) OVER before AS timezone_before,
		lag(language) OVER before AS language_before, lag(preferences) OVER before AS preferences_before
	FROM noted WINDOW before AS (PARTITION BY site, user_id ORDER BY id)
), chosen AS (
	SELECT c.* FROM compared c WHERE c.id_before IS NOT NULL AND (c.timezone <> c.timezone_before OR c.language <> c.language_before) AND (
		c.actor IN ('link', 'one_click', c.user_id) OR c.actor = c.email OR c.preferences IS NOT c.preferences_before OR EXISTS (
			SELECT 1 FROM audit a WHERE a.site = c.site AND a.subject = '/users/' || c.user_id || '/preferences' AND a.actor = c.actor
				AND a.action IN ('set-preferences', 'edit-preferences') AND a.at >= c.at AND a.at < c.at + 10000000))
), zones AS (
	SELECT site, user_id, timezone, row_number() OVER (PARTITION BY site, user_id ORDER BY id DESC) AS place FROM chosen WHERE timezone <> timezone_before
), languages AS (
	SELECT site, user_id, language, row_number() OVER (PARTITION BY site, user_id ORDER BY id DESC) AS place FROM chosen WHERE language <> language_before
), choices AS (
	SELECT site, user_id, COALESCE(z.timezone, '') AS timezone, COALESCE(l.language, '') AS language
	FROM (SELECT * FROM zones WHERE place = 1) z FULL JOIN (SELECT * FROM languages WHERE place = 1) l USING (site, user_id)
)
UPDATE users SET chosen_timezone = choices.timezone, chosen_language = choices.language
FROM choices WHERE users.site = choices.site AND users.id = choices.user_id;

-- +goose Down
UPDATE users SET timezone = CASE WHEN chosen_timezone = '' THEN timezone ELSE chosen_timezone END,
	language = CASE WHEN chosen_language = '' THEN language ELSE chosen_language END;
ALTER TABLE users DROP COLUMN chosen_language;
ALTER TABLE users DROP COLUMN chosen_timezone;
