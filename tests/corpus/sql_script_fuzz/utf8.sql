SET 'größe' = '名';
	SET ‘x’ = 1