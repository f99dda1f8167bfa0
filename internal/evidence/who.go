package evidence

func (b *builder) who() {}
