"""Messages that were unknown at any time: they are gone from their own table once they are settled."""

# Written in the transaction that made it so: no kill can hide it. The platform may not write there by itself.
REMEMBER = """
CREATE TABLE seen_unknown (message_id bigint NOT NULL);
CREATE FUNCTION remember_unknown() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO seen_unknown VALUES (NEW.message_id);
    RETURN NULL;
END $$;
CREATE TRIGGER remember_unknown AFTER INSERT ON unknown_outcome FOR EACH ROW EXECUTE FUNCTION remember_unknown();
"""
